package banger.cli;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Nearest;
import banger.api.Printable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Parses the words of one command with picocli: one leaf, built in code, only when it is called. */
final class CommandLine {
    /** Flags that every command knows. */
    static final List<Flag> COMMON = List.of(
            Flag.yes("-h, --help", "show this help"),
            Flag.yes("-q, --quiet", "errors only on stderr"),
            Flag.yes("--no-color", "no colour, whatever the terminal"));

    private static final Pattern NAMED = Pattern.compile("option '(--?[A-Za-z0-9-]+)'");

    private CommandLine() {}

    static {
        // All values are strings to picocli: its converters for everything else would be loaded for nothing.
        System.setProperty("picocli.converters.excludes", "java\\.(sql|time|nio)\\..*");
    }

    /**
     * @param words after the command's own name
     * @param raw the same words as bytes
     * @throws BangerException {@code usage}
     */
    static Invocation parse(Verb verb, List<String> words, List<byte[]> raw) {
        int separator = verb.command() ? words.indexOf("--") : -1;
        var own = separator < 0 ? words : words.subList(0, separator);
        var spec = CommandSpec.create();
        var flags = new ArrayList<>(verb.flags());
        flags.addAll(COMMON);
        for (var flag : flags) spec.addOption(option(flag));
        spec.addPositional(PositionalParamSpec.builder()
                .index("0..*")
                .arity("0..*")
                .type(List.class)
                .auxiliaryTypes(String.class)
                .build());
        var values = new HashMap<String, List<String>>();
        List<String> operands;
        try {
            var result = new picocli.CommandLine(spec)
                    .setUnmatchedOptionsArePositionalParams(false)
                    .setOverwrittenOptionsAllowed(true)
                    .setExpandAtFiles(false)
                    .parseArgs(own.toArray(String[]::new));
            for (var flag : flags)
                if (result.hasMatchedOption(flag.all()[0]))
                    values.put(
                            flag.key(),
                            flag.value().isEmpty()
                                    ? List.of()
                                    : List.copyOf(result.<List<String>>matchedOptionValue(flag.all()[0], List.of())));
            operands = result.matchedPositionals().isEmpty()
                    ? List.of()
                    : List.copyOf(result.matchedPositionals().getFirst().<List<String>>getValue());
        } catch (ParameterException e) {
            throw explain(verb, flags, e);
        }
        var command = separator < 0 ? List.<byte[]>of() : raw.subList(separator + 1, raw.size());
        var invocation = new Invocation(Map.copyOf(values), operands, separator >= 0, List.copyOf(command));
        if (!invocation.has("--help")) count(verb, invocation);
        return invocation;
    }

    private static OptionSpec option(Flag flag) {
        var builder = OptionSpec.builder(flag.all());
        return flag.value().isEmpty()
                ? builder.arity("0").type(boolean.class).build()
                : builder.arity("1")
                        .type(List.class)
                        .auxiliaryTypes(String.class)
                        .paramLabel(flag.value())
                        .build();
    }

    private static void count(Verb verb, Invocation invocation) {
        int n = invocation.operands().size();
        if (n < verb.least())
            throw new BangerException(
                    ErrorCode.USAGE, verb.path() + ": " + verb.operands() + " is missing", usage(verb));
        if (n > verb.most())
            throw new BangerException(
                    ErrorCode.USAGE,
                    verb.path() + ": " + Printable.quote(invocation.operands().get(verb.most())) + " is one too many",
                    verb.command() ? "a command for the guest goes after --" : usage(verb));
    }

    static String usage(Verb verb) {
        var line = new StringBuilder("banger ").append(verb.path());
        if (!verb.flags().isEmpty()) line.append(" [flags]");
        if (!verb.operands().isEmpty()) line.append(' ').append(verb.operands());
        return line.toString();
    }

    private static BangerException explain(Verb verb, List<Flag> flags, ParameterException e) {
        var help = "banger " + verb.path() + " --help";
        if (e instanceof UnmatchedArgumentException unmatched
                && !unmatched.getUnmatched().isEmpty()) {
            var word = unmatched.getUnmatched().getFirst();
            var names = flags.stream().flatMap(f -> Arrays.stream(f.all())).toList();
            // One letter is near every other.
            var near = word.length() < 3 ? Optional.<String>empty() : Nearest.to(word.replaceFirst("=.*", ""), names);
            return new BangerException(
                    ErrorCode.USAGE,
                    verb.path() + ": no flag " + Printable.quote(word),
                    near.map(n -> List.of("did you mean " + n + "?")).orElse(List.of(help)));
        }
        return new BangerException(ErrorCode.USAGE, told(flags, String.valueOf(e.getMessage())), help);
    }

    /** picocli's complaint in our words. */
    private static String told(List<Flag> flags, String message) {
        var named = NAMED.matcher(message);
        if (!named.find()) return Printable.line(message);
        var flag = flags.stream()
                .filter(f -> List.of(f.all()).contains(named.group(1)))
                .findFirst()
                .map(Flag::key)
                .orElse(named.group(1));
        return flag + (message.contains("specified without") ? " takes no value" : " needs a value");
    }
}
