package banger.cli;

import banger.api.Layout;
import banger.api.testing.FakeDaemon;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Where a test types commands: a home of its own, and what came out of each command. */
public final class Prompt implements AutoCloseable {
    public static final String BUILD = "b1";

    /** A running VM without a workspace. */
    static final String BOX = "{\"id\":\"box\",\"name\":\"box\",\"state\":\"running\",\"lastError\":\"\","
            + "\"workspace\":null,\"createdAt\":\"2026-01-01T00:00:00Z\"}";

    private final Path home;
    private final Layout layout;
    private final FakeDaemon daemon;
    private final Map<String, String> environment = new HashMap<>(Map.of("LANG", "C.UTF-8"));
    private String ttys = "000";
    private InputStream input = InputStream.nullInputStream();
    private boolean noColor;

    /** What a command left behind. */
    public record Ran(int status, byte[] bytes, String err) {
        public String out() {
            return new String(bytes, StandardCharsets.UTF_8);
        }

        /** As somebody at a terminal sees it, for golden files. */
        public String transcript(String... words) {
            return "$ banger " + String.join(" ", words) + "\n" + out() + err + "(status " + status + ")\n";
        }
    }

    /** @param home an empty directory with a short path: a socket lies in it */
    public Prompt(Path home) {
        this.home = home;
        this.layout = layoutOf(home);
        try {
            Files.createDirectories(layout.run());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.daemon = new FakeDaemon(layout.socket());
        daemon.json(
                "GET /v1/daemon",
                "{\"version\":\"0.2.0\",\"build\":\"b1\",\"pid\":2147483647,\"socket\":\"/s\",\"log\":\"/l\",\"state\":\"/st\","
                        + "\"startedAt\":\"2026-01-01T00:00:00Z\",\"running\":2,\"operations\":1}");
    }

    public static Layout layoutOf(Path home) {
        return Layout.of(Map.of("BANGER_HOME", home.toString()), home);
    }

    public FakeDaemon daemon() {
        return daemon;
    }

    public Layout layout() {
        return layout;
    }

    /** One digit each for stdin, stdout and stderr. */
    public Prompt ttys(String digits) {
        ttys = digits;
        return this;
    }

    public Prompt environment(String name, String value) {
        environment.put(name, value);
        return this;
    }

    public Prompt input(String text) {
        input = new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
        return this;
    }

    public Prompt input(InputStream stream) {
        input = stream;
        return this;
    }

    public Prompt noColor() {
        noColor = true;
        return this;
    }

    public Ran run(String... words) {
        var raw = Arrays.stream(words)
                .map(w -> w.getBytes(StandardCharsets.UTF_8))
                .toList();
        return run(List.of(words), raw);
    }

    public Ran run(List<String> words, List<byte[]> raw) {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        int status = run(words, raw, out, err);
        return new Ran(status, out.toByteArray(), err.toString(StandardCharsets.UTF_8));
    }

    public int run(List<String> words, List<byte[]> raw, OutputStream out, OutputStream err) {
        var printedOut = new PrintStream(out, false, StandardCharsets.UTF_8);
        var printedErr = new PrintStream(err, false, StandardCharsets.UTF_8);
        var session = session(printedOut, printedErr, new Session.Streams(input, out, err));
        int status = new Cli(session).run(words, raw);
        printedOut.flush();
        printedErr.flush();
        return status;
    }

    public Session session(PrintStream out, PrintStream err, Session.Streams streams) {
        var terminal = new Terminal(out, err, ttys, environment, noColor);
        var starter = new DaemonStarter(layout, home.resolve("dist"), BUILD, terminal);
        return new Session(terminal, streams, environment, layout, starter);
    }

    @Override
    public void close() {
        daemon.close();
    }
}
