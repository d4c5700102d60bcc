package banger.workspace.testing;

import banger.api.http.Duplex;
import banger.api.http.Head;
import banger.api.http.Headers;
import banger.workspace.GuestPath;
import banger.workspace.wire.Conversations;
import banger.workspace.wire.Frames;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A guest without a VM: the agent's own code over directories of this machine. */
public final class AgentOnHost implements Conversations {
    private static final Path PROGRAM =
            Path.of(System.getProperty("banger.checkout", "")).resolve("native/target/agent-on-host");

    private final Path root;
    private final Path state;

    /** @param directory for the guest's root and the agent's manifests */
    public AgentOnHost(Path directory) {
        try {
            root = Files.createDirectories(directory.resolve("guest"));
            state = Files.createDirectories(directory.resolve("agent"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Where a path of the guest lies on this machine. */
    public Path at(GuestPath path) {
        return root.resolve(path.value().substring(1));
    }

    public Path root() {
        return root;
    }

    @Override
    public String name() {
        return "box";
    }

    @Override
    public Frames converse(String operation, GuestPath path) {
        return new Frames(name(), open(operation, path));
    }

    /** The stream of a conversation, switched to it. */
    public Duplex open(String op, GuestPath path) {
        try {
            var process = new ProcessBuilder(PROGRAM.toString(), "--root", root.toString(), "--state", state.toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            var stream = new Stream(process);
            Head.request(
                            "POST",
                            "/workspace?op=" + op + "&path=" + path.encoded(),
                            Headers.of("Host", "guest", "Content-Length", "0"))
                    .write(stream.out());
            stream.out().flush();
            var head = Head.read(stream.in()).orElseThrow(() -> new IOException("no answer"));
            if (head.status() != 101)
                throw new IOException(head.status() + ": "
                        + new String(head.body(stream.in()).readAllBytes(), StandardCharsets.UTF_8));
            return stream;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static final class Stream implements Duplex {
        private final Process process;
        private final InputStream in;

        Stream(Process process) {
            this.process = process;
            this.in = new BufferedInputStream(process.getInputStream());
        }

        @Override
        public InputStream in() {
            return in;
        }

        @Override
        public OutputStream out() {
            return process.getOutputStream();
        }

        @Override
        public void endOutput() throws IOException {
            process.getOutputStream().close();
        }

        @Override
        public void close() throws IOException {
            try (in) {
                process.getOutputStream().close();
                if (!process.waitFor(10, java.util.concurrent.TimeUnit.SECONDS)) process.destroyForcibly();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
