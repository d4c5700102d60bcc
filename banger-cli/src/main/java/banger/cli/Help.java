package banger.cli;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Nearest;
import banger.api.Printable;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Help pages, made from the commands themselves. */
final class Help {
    /** What each group is for, the everyday command first, and what comes next. */
    private static final Map<String, List<String>> GROUPS = Map.of(
            "vm",
            List.of(
                    "make, use and end virtual machines",
                    "banger vm run -- uname -a",
                    "banger vm list; banger vm ssh NAME; banger vm delete NAME"),
            "image",
            List.of(
                    "root file systems that VMs start from",
                    "banger image list",
                    "banger vm run --image debian-minimal"),
            "kernel",
            List.of("kernels that VMs boot", "banger kernel list --available", "banger vm run -- uname -r"),
            "snapshot",
            List.of(
                    "what VMs were at a moment",
                    "banger snapshot list box",
                    "banger vm snapshot box; banger vm restore box 1; banger vm undo box"),
            "template",
            List.of(
                    "prepared machines that new VMs continue from instead of booting",
                    "banger template list",
                    "banger template build; banger vm run --cold"),
            "env",
            List.of(
                    "repositories' dependencies, set up once and continued from",
                    "banger env init",
                    "banger vm run . -- make test; banger env list"),
            "engine",
            List.of("what runs the VMs", "banger vm run --engine qemu", "banger engine list"),
            "daemon",
            List.of(
                    "the background process that owns your VMs; it starts by itself",
                    "banger daemon status",
                    "banger doctor"));

    private Help() {}

    static int root(PrintStream out) {
        out.print("""
                banger: a clean Linux VM with your repository in it, and your work back out

                  banger vm run                       a shell in a new VM
                  banger vm run . -- make test        this repository in a new VM; its exit status is yours
                  banger vm pull NAME --branch work   bring the work back as a branch

                everyday   vm   ps   env   image   kernel   snapshot
                this host  doctor   engine   template   daemon
                also       completion   version

                banger help COMMAND; banger help start for a tour
                """);
        return 0;
    }

    private static int tour(PrintStream out) {
        out.print("""
                A VM that leaves nothing behind, and one that stays:

                  banger vm run --rm -- uname -a
                  banger vm run -d --name box
                  banger vm exec box -- id
                  banger vm ssh box

                Your repository in it, its history and your edits too; the work comes back when you say so:

                  banger vm run --name shop ~/src/shop -- make test
                  banger vm diff shop
                  banger vm pull shop --branch work

                It reaches the network only when you let it:

                  banger vm run --nat ~/src/shop -- npm ci

                Memory to disk, nothing runs any more, and it goes on where it was:

                  banger vm suspend shop
                  banger vm start shop

                What there is, and away with it; work that you never pulled is not deleted unasked:

                  banger ps
                  banger vm delete box shop

                next: banger help vm; banger doctor says what this host can do
                """);
        return 0;
    }

    static int about(List<String> words, PrintStream out) {
        if (words.isEmpty()) return root(out);
        if (words.equals(List.of("start"))) return tour(out);
        var verb = Verbs.find(words);
        if (verb.isPresent() && Verbs.length(words) == words.size()) return verb(verb.get(), out);
        if (words.size() == 1
                && !GROUPS.containsKey(words.getFirst())
                && Nearest.to(words.getFirst(), commands()).isEmpty()
                && Nearest.to(words.getFirst(), List.of("start")).isPresent())
            throw new BangerException(
                    ErrorCode.USAGE,
                    "no help about " + Printable.quote(words.getFirst()),
                    "did you mean banger help start?");
        return groupOrUnknown(words, out);
    }

    /** {@code banger vm} alone shows the group; anything else is a typo. */
    static int groupOrUnknown(List<String> words, PrintStream out) {
        var first = words.getFirst();
        boolean group = GROUPS.containsKey(first);
        if (group
                && (words.size() == 1
                        || words.get(1).equals("-h")
                        || words.get(1).equals("--help"))) return group(first, out);
        if (group)
            throw Cli.unknown(
                    words.subList(0, 2),
                    Verbs.paths().stream()
                            .filter(p -> p.startsWith(first + " "))
                            .map(p -> p.substring(first.length() + 1))
                            .toList());
        // As other programs have it: run, exec, start.
        if (Verbs.paths().contains("vm " + first))
            throw new BangerException(
                    ErrorCode.USAGE, "no command \"banger " + first + "\"", "did you mean banger vm " + first + "?");
        throw Cli.unknown(words.subList(0, 1), commands());
    }

    /** The first words that mean something. */
    private static List<String> commands() {
        return Stream.concat(Verbs.paths().stream(), Verbs.shortcuts().stream())
                .map(p -> p.split(" ")[0])
                .distinct()
                .toList();
    }

    private static int group(String name, PrintStream out) {
        var about = GROUPS.getOrDefault(name, List.of());
        out.println("banger " + name + ": " + about.get(0));
        out.println();
        out.println("  " + about.get(1));
        out.println();
        var verbs = Verbs.group(name);
        int width = verbs.stream().mapToInt(v -> v.path().length()).max().orElse(0);
        for (var verb : verbs)
            out.println(verb.path() + " ".repeat(width - verb.path().length() + 2) + verb.summary());
        out.println();
        out.println("next: " + about.get(2));
        return 0;
    }

    static int verb(Verb verb, PrintStream out) {
        out.println("banger " + verb.path() + ": " + verb.summary());
        out.println();
        for (var example : verb.examples()) out.println("  " + example);
        if (!verb.examples().isEmpty()) out.println();
        out.println("usage: " + CommandLine.usage(verb));
        int width = verb.flags().stream().mapToInt(f -> label(f).length()).max().orElse(0);
        verb.flags().stream()
                .collect(Collectors.groupingBy(Flag::about, LinkedHashMap::new, Collectors.toList()))
                .forEach((about, flags) -> {
                    out.println();
                    if (!about.isEmpty()) out.println(about + ":");
                    for (var flag : flags)
                        out.println("  " + label(flag)
                                + " ".repeat(width - label(flag).length() + 2) + flag.help());
                });
        var next = ReadNext.after(verb.path());
        if (!next.isEmpty()) {
            out.println();
            out.println("next: " + next);
        }
        return 0;
    }

    private static String label(Flag flag) {
        var names = flag.names().startsWith("--") ? "    " + flag.names() : flag.names();
        return flag.value().isEmpty() ? names : names + " " + flag.value();
    }
}
