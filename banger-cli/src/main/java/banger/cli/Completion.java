package banger.cli;

import banger.api.model.ImageInfo;
import banger.api.model.KernelInfo;
import banger.api.model.VmInfo;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** Completion for four shells: each asks {@code banger __complete} with the words so far. */
final class Completion {
    private static final List<String> SHELLS = List.of("bash", "zsh", "fish", "powershell");

    private Completion() {}

    static Verb verb() {
        return new Verb(
                "completion",
                "a completion script for bash, zsh, fish or powershell",
                "SHELL",
                1,
                1,
                false,
                List.of(),
                List.of(
                        "source <(banger completion bash)",
                        "banger completion zsh > ~/.zfunc/_banger",
                        "banger completion fish > ~/.config/fish/completions/banger.fish"),
                (i, session) -> {
                    var shell = i.operands().getFirst();
                    var script =
                            SHELLS.contains(shell) ? Completion.class.getResourceAsStream("completion." + shell) : null;
                    if (script == null)
                        throw new banger.api.BangerException(
                                banger.api.ErrorCode.USAGE,
                                "completion " + banger.api.Printable.quote(shell) + ": not a shell we know",
                                "bash, zsh, fish or powershell");
                    try (script) {
                        script.transferTo(session.terminal().out());
                        return 0;
                    } catch (java.io.IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                });
    }

    /** Hidden: prints the candidates for the last word, one a line; nothing when there is nothing to say. */
    static Verb candidates() {
        return new Verb("__complete", "", "", 0, Verb.MANY, true, List.of(), List.of(), (i, session) -> {
            var words = i.command().stream()
                    .map(b -> new String(b, java.nio.charset.StandardCharsets.UTF_8))
                    .toList();
            if (words.isEmpty() || words.contains("--")) return 0;
            var last = words.getLast();
            candidates(words.subList(0, words.size() - 1), last, session)
                    .filter(c -> c.startsWith(last))
                    .distinct()
                    .forEach(session.terminal().out()::println);
            return 0;
        });
    }

    private static Stream<String> candidates(List<String> before, String last, Session session) {
        var verb = Verbs.find(before);
        if (verb.isEmpty()) {
            var prefix = before.isEmpty() ? "" : String.join(" ", before) + " ";
            return Stream.concat(Verbs.paths().stream(), Verbs.shortcuts().stream())
                    .filter(p -> p.startsWith(prefix))
                    .map(p -> p.substring(prefix.length()).split(" ")[0]);
        }
        if (last.startsWith("-"))
            return Stream.concat(verb.get().flags().stream(), CommandLine.COMMON.stream())
                    .flatMap(f -> Arrays.stream(f.all()));
        boolean image = before.getLast().equals("--image");
        var operands = verb.get().operands();
        if (image || operands.startsWith("IMAGE"))
            return names(session, "/v1/images", ImageInfo.class, ImageInfo::name);
        if (operands.startsWith("KERNEL"))
            return names(session, "/v1/kernels?available=1", KernelInfo.class, KernelInfo::name);
        if (operands.startsWith("VM") || operands.startsWith("[VM"))
            return names(session, "/v1/vms", VmInfo.class, VmInfo::name);
        if (verb.get().path().equals("completion")) return SHELLS.stream();
        return Stream.empty();
    }

    /** Names of what there is; none when no daemon runs or answers: a key press starts and says nothing. */
    private static <T> Stream<String> names(
            Session session, String path, Class<T> type, java.util.function.Function<T, String> name) {
        try {
            return session.daemonIfRunning().stream()
                    .flatMap(d -> d.list(path, type).stream())
                    .map(name)
                    .toList()
                    .stream();
        } catch (banger.api.BangerException e) {
            return Stream.empty();
        }
    }
}
