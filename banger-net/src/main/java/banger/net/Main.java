package banger.net;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** {@code banger-net --socket PATH --tap-uid N [--idle SECONDS]}; {@code -Dbanger.build} names the build. */
public final class Main {
    private static final Set<String> OPTIONS = Set.of("--socket", "--tap-uid", "--idle");

    private Main() {}

    public static void main(String[] arguments) {
        try {
            var options = options(arguments);
            var network = new Network(
                    new HostKernel(), System.getProperty("banger.build", "unknown"), number(options, "--tap-uid", 0));
            var idle = Duration.ofSeconds(number(options, "--idle", 900));
            try (var server = Server.listen(Path.of(required(options, "--socket")), network, idle)) {
                server.serve();
            }
        } catch (IllegalArgumentException | IOException e) {
            System.err.println("banger-net: " + e.getMessage());
            System.exit(1);
        }
    }

    private static Map<String, String> options(String[] arguments) {
        var options = new HashMap<String, String>();
        for (int i = 0; i < arguments.length; i += 2) {
            if (!OPTIONS.contains(arguments[i]) || i + 1 == arguments.length)
                throw new IllegalArgumentException(arguments[i] + ": unknown, or without a value");
            options.put(arguments[i], arguments[i + 1]);
        }
        return options;
    }

    private static String required(Map<String, String> options, String name) {
        var value = options.getOrDefault(name, "");
        if (!value.matches("[!-~]+")) throw new IllegalArgumentException(name + " is needed, of printable ASCII");
        return value;
    }

    private static int number(Map<String, String> options, String name, int otherwise) {
        var value = options.getOrDefault(name, Integer.toString(otherwise));
        if (!value.matches("[0-9]{1,9}")) throw new IllegalArgumentException(name + " " + value + ": not a number");
        return Integer.parseInt(value);
    }
}
