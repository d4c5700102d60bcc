package banger.cli.verbs;

import banger.cli.Session;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;

/** What setup commands print: shown as it comes, and kept in a file that only its owner reads, up to a bound. */
final class SetupOutput implements AutoCloseable {
    private static final long KEPT = 16 << 20;
    private static final int KEPT_LOGS = 10;

    private final Session session;
    private final Path log;
    private Optional<OutputStream> file;
    private long kept;
    private boolean inLine;

    SetupOutput(Session session, Path log) {
        this.session = session;
        this.log = log;
        this.file = open();
    }

    private Optional<OutputStream> open() {
        try {
            Files.createDirectories(log.getParent());
            removeOld();
            Files.deleteIfExists(log);
            return Optional.of(Channels.newOutputStream(Files.newByteChannel(
                    log,
                    Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))));
        } catch (IOException e) {
            return notKept(e);
        }
    }

    /** Those of setups that failed stay for a look, the newest ones. */
    private void removeOld() throws IOException {
        var others = new ArrayList<Path>();
        try (var logs = Files.newDirectoryStream(log.getParent(), "setup-*.log")) {
            logs.forEach(others::add);
        }
        if (others.size() < KEPT_LOGS) return;
        others.sort(Comparator.comparing(f -> f.toFile().lastModified()));
        for (var old : others.subList(0, others.size() - KEPT_LOGS + 1)) Files.deleteIfExists(old);
    }

    /** What is printed is not what it is all for. */
    private Optional<OutputStream> notKept(IOException e) {
        session.terminal().warning(log + ": " + e.getMessage() + "; what setup prints is not kept");
        return Optional.empty();
    }

    /** @param command safe for a terminal */
    void begin(String command) {
        session.terminal().line("setup: " + command);
        keep(("setup: " + command + "\n").getBytes(StandardCharsets.UTF_8));
    }

    void take(byte[] bytes) {
        if (bytes.length == 0) return;
        keep(bytes);
        if (session.terminal().isQuiet()) return;
        session.terminal().clearLive();
        show(bytes);
        inLine = bytes[bytes.length - 1] != '\n';
    }

    /** Whatever follows begins on a line of its own. */
    void end() {
        if (inLine) show(new byte[] {'\n'});
        inLine = false;
    }

    private void show(byte[] bytes) {
        try {
            session.streams().err().write(bytes);
        } catch (IOException e) {
            // Closed by whoever started us: its loss alone.
            inLine = false;
        }
    }

    private void keep(byte[] bytes) {
        if (file.isEmpty() || kept >= KEPT) return;
        int n = (int) Math.min(bytes.length, KEPT - kept);
        try {
            file.get().write(bytes, 0, n);
            kept += n;
            if (kept == KEPT) file.get().write("\n(no more than this is kept)\n".getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            file = notKept(e);
        }
    }

    @Override
    public void close() {
        end();
        try {
            if (file.isPresent()) file.get().close();
        } catch (IOException e) {
            file = notKept(e);
        }
    }
}
