package banger.daemon.net;

import banger.daemon.engine.ProcessRef;
import banger.daemon.process.Command;
import banger.daemon.process.CommandRunner;
import banger.daemon.process.HostCommandRunner;
import banger.daemon.process.Result;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A world for the network to be in, made of two namespaces: {@code host}, where our programs are started,
 * and {@code server}, behind the host's default route. No packet leaves it.
 */
final class World implements AutoCloseable, HostLinks {
    static final String HOST = "198.51.100.2";
    static final String SECOND_HOST = "203.0.113.9";
    static final String SERVER = "198.51.100.1";
    static final String METADATA = "169.254.169.254";

    private final CommandRunner commands = new HostCommandRunner();
    private final List<Running> running = new ArrayList<>();
    private final Path program;
    private final Running host;
    private final Running server;
    private volatile Set<String> hostAddresses = Set.of(HOST, SECOND_HOST);
    private volatile boolean defaultRoute = true;

    /** A program that ends when its standard input does; what it prints is read line by line. */
    static final class Running implements AutoCloseable {
        private final Process process;
        private final LinkedBlockingQueue<String> lines = new LinkedBlockingQueue<>();

        private Running(List<String> command) {
            try {
                process = new ProcessBuilder(command).redirectErrorStream(true).start();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            Thread.ofVirtual().start(() -> {
                try (var reader =
                        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
                    for (String line; (line = reader.readLine()) != null; ) lines.add(line);
                } catch (IOException e) {
                    lines.add("output: " + e.getMessage());
                }
            });
        }

        long pid() {
            return process.pid();
        }

        /** The next line; the empty text when none came in time. */
        String line(Duration deadline) throws InterruptedException {
            var line = lines.poll(deadline.toMillis(), TimeUnit.MILLISECONDS);
            return line == null ? "" : line;
        }

        void await(String expected) throws InterruptedException {
            var line = line(Duration.ofSeconds(10));
            if (!line.equals(expected)) throw new AssertionError("expected " + expected + ", was " + line);
        }

        @Override
        public void close() {
            process.destroyForcibly();
            try {
                process.waitFor();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    World(Path program) throws Exception {
        this.program = program;
        host = namespace();
        server = namespace();
        inHost("ip", "link", "set", "lo", "up");
        inHost("ip", "link", "add", "wan", "type", "veth", "peer", "name", "srv", "netns", "" + server.pid());
        inHost("ip", "addr", "add", HOST + "/24", "dev", "wan");
        inHost("ip", "addr", "add", SECOND_HOST + "/32", "dev", "lo");
        inHost("ip", "link", "set", "wan", "up");
        inServer("ip", "link", "set", "lo", "up");
        inServer("ip", "addr", "add", SERVER + "/24", "dev", "srv");
        inServer("ip", "addr", "add", METADATA + "/32", "dev", "lo");
        inServer("ip", "link", "set", "srv", "up");
        inHost("ip", "route", "add", "default", "via", SERVER);
    }

    private Running namespace() throws IOException {
        var started = track(new Running(List.of("unshare", "-n", "cat")));
        var own = Files.readSymbolicLink(Path.of("/proc/self/ns/net"));
        boolean there = Waiting.until(Duration.ofSeconds(5), () -> {
            try {
                return !Files.readSymbolicLink(Path.of("/proc/" + started.pid() + "/ns/net"))
                        .equals(own);
            } catch (IOException e) {
                return false;
            }
        });
        if (!there) throw new AssertionError("no network namespace");
        return started;
    }

    private Running track(Running started) {
        running.add(started);
        return started;
    }

    private static List<String> inside(long pid, List<String> command) {
        var all = new ArrayList<>(List.of("nsenter", "--net=/proc/" + pid + "/ns/net"));
        all.addAll(command);
        return all;
    }

    private static List<String> insideOf(ProcessRef holder, String... command) {
        var all = new ArrayList<>(List.of(
                "nsenter", "-t", "" + holder.pid(), "-U", "-n", "--preserve-credentials", "-S", "0", "-G", "0"));
        all.addAll(List.of(command));
        return all;
    }

    /** Runs programs as if on the host. */
    CommandRunner commands() {
        return new CommandRunner() {
            @Override
            public Result run(Command command, Consumer<String> lines) {
                return commands.run(Command.of(inside(host.pid(), command.arguments())), lines);
            }
        };
    }

    private String run(List<String> command) {
        var result = commands.run(Command.of(command));
        if (!result.ok()) throw new AssertionError(command + ": " + result.reason());
        return result.out().strip();
    }

    String inHost(String... command) {
        return run(inside(host.pid(), Arrays.asList(command)));
    }

    String inServer(String... command) {
        return run(inside(server.pid(), Arrays.asList(command)));
    }

    String inNamespace(ProcessRef holder, String... command) {
        return run(insideOf(holder, command));
    }

    Running serveOnServer(String... words) throws InterruptedException {
        return ready(track(new Running(inside(server.pid(), program(words)))));
    }

    Running serveOnHost(String... words) throws InterruptedException {
        return ready(track(new Running(inside(host.pid(), program(words)))));
    }

    /** A network stack behind a tap. */
    Running guest(ProcessRef holder, String tap, String mac, String address, String gateway)
            throws InterruptedException {
        return ready(track(new Running(insideOf(holder, program.toString(), "tap", tap, mac, address, gateway))));
    }

    Running serveInGuest(Running guest, String... words) throws InterruptedException {
        return ready(track(new Running(inGuest(guest, program(words)))));
    }

    /** Runs the tests' own program inside a guest. */
    String ask(Running guest, String... words) {
        return run(inGuest(guest, program(words)));
    }

    String changeInGuest(Running guest, String... command) {
        return run(inGuest(guest, Arrays.asList(command)));
    }

    private static List<String> inGuest(Running guest, List<String> command) {
        var all = new ArrayList<>(
                List.of("nsenter", "-t", "" + guest.pid(), "-U", "-n", "--preserve-credentials", "-S", "0", "-G", "0"));
        all.addAll(command);
        return all;
    }

    private List<String> program(String... words) {
        var all = new ArrayList<>(List.of(program.toString()));
        all.addAll(List.of(words));
        return all;
    }

    private static Running ready(Running started) throws InterruptedException {
        started.await("ready");
        return started;
    }

    void loseDefaultRoute() {
        defaultRoute = false;
    }

    void hostHas(Set<String> addresses) {
        hostAddresses = addresses;
    }

    @Override
    public Set<String> addresses() {
        return hostAddresses;
    }

    @Override
    public boolean hasDefaultRoute() {
        return defaultRoute;
    }

    @Override
    public void close() {
        for (var r : running.reversed()) r.close();
    }
}
