package banger.cli;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Layout;
import banger.api.Printable;
import banger.api.client.BangerClient;
import banger.api.model.DaemonInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Finds the daemon of this state directory, and starts it when it does not run. */
final class DaemonStarter {
    /** sun_path, with its NUL: the kernel's limit for a socket's path. */
    private static final int LONGEST_SOCKET = 107;
    /** What a VM's sockets add to the state directory: /vms/ID/streams.sock. */
    private static final int LONGEST_BELOW = "/vms/0123456789ab/streams.sock".length();

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Layout layout;
    private final Path distribution;
    private final String build;
    private final Terminal terminal;

    DaemonStarter(Layout layout, Path distribution, String build, Terminal terminal) {
        this.layout = layout;
        this.distribution = distribution;
        this.build = build;
        this.terminal = terminal;
    }

    /** The daemon if one answers, whatever its build. */
    Optional<BangerClient> ifRunning() {
        var client = new BangerClient(layout.socket());
        return info(client).map(i -> client);
    }

    /** A daemon of our own build: started or replaced by the first call that finds none. */
    BangerClient running() {
        return new BangerClient(layout.socket(), build, failure -> {
            recover();
            return true;
        });
    }

    /** Of several calls that find no daemon at once, the first one starts it. */
    private synchronized void recover() {
        var plain = new BangerClient(layout.socket());
        var there = info(plain);
        if (there.isPresent() && there.get().build().equals(build)) return;
        there.ifPresent(i -> replace(plain, i));
        start(plain);
    }

    private static Optional<DaemonInfo> info(BangerClient client) {
        try {
            return Optional.of(client.get("/v1/daemon", DaemonInfo.class));
        } catch (BangerException e) {
            if (e.code() == ErrorCode.DAEMON_UNREACHABLE) return Optional.empty();
            throw e;
        }
    }

    /** A daemon of another build gives way when it is idle; its VMs run on. */
    private void replace(BangerClient client, DaemonInfo other) {
        if (other.operations() > 0)
            throw new BangerException(
                    ErrorCode.DAEMON_BUSY,
                    "bangerd " + other.version() + ": of another build, and has " + other.operations()
                            + " operations under way",
                    "wait for them, then again; VMs keep running when the daemon is replaced");
        client.post("/v1/daemon/stop", DaemonInfo.class);
        await("the other daemon did not end", () -> info(client).isEmpty() && !alive(other.pid()));
    }

    private static boolean alive(int pid) {
        return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
    }

    private void start(BangerClient client) {
        var state = layout.state().toString();
        if (state.getBytes(java.nio.charset.StandardCharsets.UTF_8).length + LONGEST_BELOW > LONGEST_SOCKET)
            throw new BangerException(
                    ErrorCode.USAGE,
                    "state directory " + state + ": its path is too long for sockets (at most "
                            + (LONGEST_SOCKET - LONGEST_BELOW) + " bytes)",
                    "point BANGER_HOME at a shorter one");
        var output = layout.logs().resolve("bangerd.out");
        Optional<ProcessHandle> daemon;
        try {
            var mode = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
            for (var directory : List.of(layout.state(), layout.run(), layout.logs()))
                Files.createDirectories(directory, mode);
            daemon = spawn(output);
        } catch (IOException e) {
            throw new BangerException(
                            ErrorCode.DAEMON_UNREACHABLE,
                            "state directory " + state + ": " + e.getMessage(),
                            "make it writable, or point BANGER_HOME at another")
                    .because(e);
        }
        terminal.live("bangerd: starting");
        try {
            await("bangerd did not answer", () -> {
                if (info(client).isPresent()) return true;
                if (daemon.filter(ProcessHandle::isAlive).isEmpty()) throw ended(output);
                return false;
            });
        } finally {
            terminal.clearLive();
        }
    }

    /** Empty when it has ended already. */
    private Optional<ProcessHandle> spawn(Path output) throws IOException {
        var shim = distribution.resolve("libexec/banger-shim");
        var process = new ProcessBuilder(
                        shim.toString(),
                        "spawn",
                        "--log",
                        output.toString(),
                        "--",
                        distribution.resolve("libexec/bangerd").toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        process.getOutputStream().close();
        var answer = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        if (!answer.startsWith("ok ")) throw new IOException("bangerd cannot be started: " + answer.strip());
        long pid = Long.parseLong(answer.substring(3, answer.indexOf(':')));
        return ProcessHandle.of(pid);
    }

    /** The daemon's own words about why it ended. */
    private BangerException ended(Path output) {
        List<String> words = new ArrayList<>();
        try {
            var lines = Files.readAllLines(output);
            lines.subList(Math.max(0, lines.size() - 8), lines.size()).forEach(l -> words.add(Printable.line(l)));
        } catch (IOException e) {
            words.add("its output cannot be read: " + e.getMessage());
        }
        if (!words.isEmpty() && words.getFirst().startsWith("error: "))
            return new BangerException(
                    ErrorCode.DAEMON_UNREACHABLE,
                    words.getFirst().substring("error: ".length()),
                    words.subList(1, words.size()).stream().map(String::strip).toList());
        words.add(0, "its last words:");
        words.add("log: " + layout.daemonLog());
        return new BangerException(ErrorCode.DAEMON_UNREACHABLE, "bangerd: ended while it started", words);
    }

    private interface Condition {
        boolean holds();
    }

    private void await(String complaint, Condition condition) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.holds()) {
            if (System.nanoTime() > deadline)
                throw new BangerException(
                        ErrorCode.DAEMON_UNREACHABLE,
                        complaint + " within " + PATIENCE.toSeconds() + " s",
                        "log: " + layout.daemonLog());
            try {
                Thread.sleep(5);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new BangerException(ErrorCode.CANCELLED, "cancelled").because(e);
            }
        }
    }
}
