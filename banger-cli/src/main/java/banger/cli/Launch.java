package banger.cli;

import banger.api.Layout;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One command from the process's arguments to its status: arguments as bytes, streams. Not in {@link Main}, because that
 * class is not loaded in training, and what is not in the AOT cache costs a start some 10 ms.
 */
final class Launch {
    private Launch() {}

    static int run(String[] arguments) {
        var environment = System.getenv();
        var streams = new Session.Streams(
                new FileInputStream(FileDescriptor.in),
                new FileOutputStream(FileDescriptor.out),
                new FileOutputStream(FileDescriptor.err));
        var out = printing(streams.out());
        var err = printing(streams.err());
        // What is behind -- is the guest's.
        boolean noColor =
                Arrays.stream(arguments).takeWhile(a -> !a.equals("--")).anyMatch("--no-color"::equals);
        var terminal = new Terminal(out, err, System.getProperty("banger.tty", "000"), environment, noColor);
        var home = Path.of(environment.getOrDefault("HOME", "/"));
        var layout = Layout.of(environment, home);
        var starter = new DaemonStarter(
                layout,
                Path.of(System.getProperty("banger.dist", "")),
                System.getProperty("banger.build", "unknown"),
                terminal);
        var session = new Session(terminal, streams, environment, layout, starter);
        int status = new Cli(session).run(List.of(arguments), rawArguments(arguments.length));
        out.flush();
        // Standard output may be closed or full: what could not be written must not look like success.
        if (status == 0 && out.checkError()) status = 1;
        err.flush();
        return status;
    }

    private static PrintStream printing(OutputStream out) {
        return new PrintStream(new BufferedOutputStream(out, 8192), false, StandardCharsets.UTF_8);
    }

    /** Our arguments as the kernel holds them: Java has decoded its own, and lost what is not UTF-8. */
    private static List<byte[]> rawArguments(int count) {
        try {
            var all = new ArrayList<byte[]>();
            var bytes = Files.readAllBytes(Path.of("/proc/self/cmdline"));
            int start = 0;
            for (int i = 0; i < bytes.length; i++) {
                if (bytes[i] != 0) continue;
                all.add(Arrays.copyOfRange(bytes, start, i));
                start = i + 1;
            }
            return all.subList(all.size() - count, all.size());
        } catch (IOException e) {
            throw new IllegalStateException("/proc/self/cmdline cannot be read", e);
        }
    }
}
