package banger.e2e;

import banger.daemon.kernel.Kernels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a person types on the lab's machine, and what must come of it. In its file, a line
 *
 * <ul>
 *   <li>{@code $ WORDS} is typed by the ordinary user, {@code root$ WORDS} by root; lines indented below go on with it
 *   <li>{@code < NAME} is what lies beside the scenario and comes on its standard input
 *   <li>{@code = N} is the status it must end with, else 0
 *   <li>{@code > PATTERN} must be found on its standard output, {@code ! PATTERN} on its standard error
 *   <li>{@code engines: NAMES} says for which engines it is meant, else for all; the shell has it as {@code $ENGINE}
 * </ul>
 *
 * @param engines empty: all
 */
record LabScenario(String name, List<String> engines, List<Step> steps) {
    /** @param line of its file where it begins */
    record Step(int line, String user, String typed, byte[] in, int status, List<Pattern> out, List<Pattern> err) {
        Step typed(String more) {
            return new Step(line, user, typed + "\n" + more, in, status, out, err);
        }

        Step in(byte[] bytes) {
            return new Step(line, user, typed, bytes, status, out, err);
        }

        Step status(int other) {
            return new Step(line, user, typed, in, other, out, err);
        }

        Step out(String pattern) {
            return new Step(line, user, typed, in, status, with(out, pattern), err);
        }

        Step err(String pattern) {
            return new Step(line, user, typed, in, status, out, with(err, pattern));
        }
    }

    static LabScenario read(String name) {
        return parse(name, new String(resource(name + ".scenario"), StandardCharsets.UTF_8));
    }

    static byte[] resource(String name) {
        try (var in = LabScenario.class.getResourceAsStream("/lab/" + name)) {
            if (in == null) throw new IllegalStateException("no file lab/" + name);
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static LabScenario parse(String name, String text) {
        var engines = new ArrayList<String>();
        var steps = new ArrayList<Step>();
        Optional<Step> step = Optional.empty();
        var lines = text.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            var line = lines.get(i);
            var rest = line.substring(Math.min(line.length(), line.indexOf(' ') + 1));
            if (line.isBlank() || line.startsWith("#")) continue;
            if (line.startsWith("engines: ")) engines.addAll(Arrays.asList(rest.split(" ")));
            else if (line.startsWith("$ ") || line.startsWith("root$ ")) {
                step.ifPresent(steps::add);
                var user = line.startsWith("$") ? Lab.USER : "root";
                step = Optional.of(new Step(i + 1, user, rest, new byte[0], 0, List.of(), List.of()));
            } else {
                var wrong = name + ":" + (i + 1) + ": " + line;
                step = Optional.of(step.orElseThrow(() -> new IllegalArgumentException(wrong)))
                        .map(s -> added(s, line, rest, wrong));
            }
        }
        step.ifPresent(steps::add);
        return new LabScenario(name, List.copyOf(engines), List.copyOf(steps));
    }

    private static Step added(Step s, String line, String rest, String wrong) {
        if (line.startsWith("    ")) return s.typed(line.strip());
        return switch (line.charAt(0)) {
            case '<' -> s.in(resource(rest));
            case '=' -> s.status(Integer.parseInt(rest));
            case '>' -> s.out(rest);
            case '!' -> s.err(rest);
            default -> throw new IllegalArgumentException(wrong);
        };
    }

    private static List<Pattern> with(List<Pattern> patterns, String another) {
        var all = new ArrayList<>(patterns);
        all.add(Pattern.compile(another, Pattern.MULTILINE));
        return List.copyOf(all);
    }

    boolean meantFor(String engine) {
        return engines.isEmpty() || engines.contains(engine);
    }

    /** What the shell of a scenario finds set; the command line is the kernel's, of every VM. */
    static List<String> environment(String engine) {
        return List.of(
                "ENGINE=" + engine,
                "COMMAND_LINE=" + Kernels.COMMAND_LINE,
                "HOME=/home/" + Lab.USER,
                "USER=" + Lab.USER,
                "LANG=C.UTF-8",
                "PATH=/opt/banger/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    }

    void run(Lab lab, String engine) {
        for (var step : steps) {
            long began = System.nanoTime();
            var ended = lab.typed(step.user, environment(engine), step.typed)
                    .in(step.in)
                    .run();
            System.out.printf(
                    "lab: %s, %s, %5.1f s: %s%n",
                    name,
                    engine,
                    (System.nanoTime() - began) / 1e9,
                    step.typed.lines().findFirst().orElse(""));
            ended.out().lines().filter(l -> l.startsWith("figure: ")).forEach(System.out::println);
            check(step, ended);
        }
    }

    private void check(Step step, Ended ended) {
        var where = name + ":" + step.line + ": ";
        if (ended.status() != step.status)
            throw new AssertionError(where + "status " + ended.status() + ", not " + step.status + ": " + ended);
        for (var pattern : step.out)
            if (!pattern.matcher(ended.out()).find())
                throw new AssertionError(where + "nothing on standard output like " + pattern + ": " + ended);
        for (var pattern : step.err)
            if (!pattern.matcher(ended.err()).find())
                throw new AssertionError(where + "nothing on standard error like " + pattern + ": " + ended);
    }
}
