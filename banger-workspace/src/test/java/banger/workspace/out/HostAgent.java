package banger.workspace.out;

import banger.api.http.Duplex;
import banger.api.model.ExecRequest;
import banger.workspace.GuestPath;
import banger.workspace.testing.AgentOnHost;
import banger.workspace.wire.Frames;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A guest that is a directory: the real agent's workspace code on this machine, and programs run here. */
final class HostAgent implements Guest {
    static final GuestPath PATH = new GuestPath("/root/repo");

    private final AgentOnHost agent;
    private final Path root;

    HostAgent(Path directory) throws IOException {
        agent = new AgentOnHost(directory);
        root = agent.root();
        Files.createDirectories(root.resolve("root"));
        // The agent looks whether the image has git; programs run on this machine.
        var git = Files.writeString(
                Files.createDirectories(root.resolve("usr/bin")).resolve("git"), "");
        Files.setPosixFilePermissions(git, java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** As an image without git is. */
    void hasNoGit() throws IOException {
        Files.delete(root.resolve("usr/bin/git"));
    }

    /** The work tree. */
    Path repo() {
        return root.resolve("root/repo");
    }

    @Override
    public String name() {
        return agent.name();
    }

    @Override
    public Frames converse(String operation, GuestPath path) {
        return new Frames(name(), agent.open(operation, path));
    }

    @Override
    public Duplex exec(ExecRequest request) {
        var argv = new ArrayList<String>();
        for (var bytes : request.argv()) {
            var text = new String(bytes, 0, bytes.length - 1, StandardCharsets.UTF_8);
            argv.add(
                    text.startsWith(PATH.value())
                            ? repo() + text.substring(PATH.value().length())
                            : text);
        }
        try {
            var builder = new ProcessBuilder(argv);
            builder.environment().put("GIT_CONFIG_GLOBAL", "/dev/null");
            var process = builder.start();
            var fromHost = new PipedInputStream(1 << 17);
            var hostOut = new PipedOutputStream(fromHost);
            var toHost = new PipedOutputStream();
            var hostIn = new PipedInputStream(toHost, 1 << 17);
            Thread.ofPlatform().daemon().start(() -> input(fromHost, process));
            Thread.ofPlatform().daemon().start(() -> output(process, toHost));
            return Duplex.of(hostIn, hostOut, hostOut, process::destroy);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void input(InputStream in, Process process) {
        try (var data = new DataInputStream(in);
                var out = process.getOutputStream()) {
            while (true) {
                data.readUnsignedByte();
                var payload = new byte[data.readUnsignedByte() << 16 | data.readUnsignedShort()];
                data.readFully(payload);
                if (payload.length == 0) return;
                out.write(payload);
            }
        } catch (IOException e) {
            return; // the test has gone
        }
    }

    private static void output(Process process, OutputStream to) {
        try (to) {
            var err = new ByteArrayOutputStream();
            var drain = Thread.ofPlatform().daemon().start(() -> {
                try {
                    process.getErrorStream().transferTo(err);
                } catch (IOException e) {
                    return;
                }
            });
            var buffer = new byte[60000];
            for (int n; (n = process.getInputStream().read(buffer)) >= 0; ) frame(to, 1, buffer, n);
            drain.join();
            frame(to, 2, err.toByteArray(), Math.min(60000, err.size()));
            frame(to, 5, new byte[] {(byte) process.waitFor()}, 1);
        } catch (IOException | InterruptedException e) {
            return;
        }
    }

    private static void frame(OutputStream to, int type, byte[] bytes, int length) throws IOException {
        to.write(new byte[] {(byte) type, (byte) (length >> 16), (byte) (length >> 8), (byte) length});
        to.write(bytes, 0, length);
        to.flush();
    }

    /** Runs a program in the work tree, as somebody in the guest would. */
    String run(String... command) throws IOException {
        return Programs.run(repo(), command);
    }

    void write(String name, String content) throws IOException {
        var file = repo().resolve(name);
        Files.createDirectories(java.util.Optional.ofNullable(file.getParent()).orElseThrow());
        Files.writeString(file, content);
    }

    static final class Programs {
        private Programs() {}

        static String run(Path directory, String... command) throws IOException {
            var builder = new ProcessBuilder(List.of(command))
                    .directory(directory.toFile())
                    .redirectErrorStream(true);
            builder.environment()
                    .putAll(java.util.Map.of(
                            "GIT_CONFIG_GLOBAL", "/dev/null",
                            "GIT_AUTHOR_NAME", "Guest",
                            "GIT_AUTHOR_EMAIL", "guest@vm",
                            "GIT_COMMITTER_NAME", "Guest",
                            "GIT_COMMITTER_EMAIL", "guest@vm"));
            var process = builder.start();
            var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            try {
                if (process.waitFor() != 0) throw new IOException(String.join(" ", command) + ": " + said);
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            return said;
        }
    }
}
