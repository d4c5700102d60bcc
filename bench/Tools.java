package bench;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Running programs, asking the daemon, and what to do with the times. */
final class Tools {
    static final Path CHECKOUT = Path.of(System.getProperty("banger.checkout"));
    static final String BANGER = CHECKOUT.resolve("build/current/bin/banger").toString();
    static final Path HOME = Path.of(System.getenv("BANGER_HOME"));

    private Tools() {}

    static double median(double[] values) {
        var sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    static double seconds(long began) {
        return (System.nanoTime() - began) / 1e9;
    }

    static double wall(String... command) throws Exception {
        long began = System.nanoTime();
        run(true, command);
        return seconds(began);
    }

    static String run(boolean must, String... command) throws Exception {
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")));
        // A file, not a pipe: what goes to the background must not hold us up.
        var out = Files.createTempFile("banger-bench", ".out");
        builder.redirectOutput(out.toFile());
        int status = builder.start().waitFor();
        var text = Files.readString(out, StandardCharsets.ISO_8859_1); // a patch is bytes
        Files.delete(out);
        if (must && status != 0) throw new IOException(String.join(" ", command) + ": status " + status + "\n" + text);
        return text;
    }

    static String json(String... words) throws Exception {
        var command = new ArrayList<>(List.of(BANGER));
        command.addAll(List.of(words));
        return run(true, command.toArray(String[]::new));
    }

    static String id(String vm) throws Exception {
        return json("vm", "show", vm).replaceAll("(?s).*\"id\": *\"([0-9a-f]{12})\".*", "$1");
    }

    static long pid(String vm) throws Exception {
        return Long.parseLong(json("vm", "show", vm).replaceAll("(?s).*\"pid\": *([0-9]+).*", "$1"));
    }

    static String api(String method, String path, String body) throws IOException {
        try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(HOME.resolve("state/run/bangerd.sock")));
            channel.write(ByteBuffer.wrap((method + " " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + body.length()
                    + "\r\n\r\n" + body).getBytes(StandardCharsets.US_ASCII)));
            var all = new ByteArrayOutputStream();
            InputStream in = java.nio.channels.Channels.newInputStream(channel);
            in.transferTo(all);
            var text = all.toString(StandardCharsets.UTF_8);
            if (!text.contains("\"event\":\"result\"")) throw new IOException(text);
            return text;
        }
    }

    static String load() throws IOException {
        return Files.readString(Path.of("/proc/loadavg")).split(" ")[0];
    }
}
