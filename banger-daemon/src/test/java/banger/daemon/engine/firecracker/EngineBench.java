package banger.daemon.engine.firecracker;

import banger.api.http.Duplex;
import banger.daemon.engine.BootSpec;
import banger.daemon.engine.Confinement;
import banger.daemon.engine.MemoryBound;
import banger.daemon.engine.Shim;
import banger.daemon.engine.Signals;
import banger.daemon.guest.Control;
import banger.daemon.process.HostCommandRunner;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * What banger adds to a Firecracker's own time, with the fake in its place; {@code bench/run engine} runs it. The
 * fake is a Java program, so each figure has the same steps done bare beside it. Arguments: the shim, how often.
 */
public final class EngineBench {
    private final Path directory;
    private final Path program;
    private final BootSpec spec;
    private final FirecrackerHypervisor engine;

    private EngineBench(Path directory, Path elsewhere, Path shim) throws IOException {
        this.directory = directory;
        this.program = FakeFirecracker.program(elsewhere, "none");
        for (var name : List.of("vda", "vdb", "vdc", "vdd", "kernel", "initrd"))
            Files.writeString(directory.resolve(name), name);
        this.spec = new BootSpec(
                "box",
                directory,
                List.of(),
                "console=ttyS0",
                1,
                256,
                "02:00:00:00:00:01",
                3,
                BootSpec.Placement.PLAIN,
                "off",
                new Endings(new Silent()));
        var commands = new HostCommandRunner();
        this.engine = new FirecrackerHypervisor(
                program,
                "1.16.1",
                new Shim(shim, commands, () -> Confinement.Answer.NOT_WANTED, MemoryBound.none()),
                new Signals(commands));
    }

    private static final class Silent implements Control.Listener {
        @Override
        public void dirty(long kib) {}

        @Override
        public void power(String action) {}

        @Override
        public void failed(String text) {}

        @Override
        public void ready() {}
    }

    public static void main(String[] arguments) throws Exception {
        var directory = Files.createTempDirectory("bench");
        var elsewhere = Files.createTempDirectory("bench");
        try {
            var bench = new EngineBench(directory, elsewhere, Path.of(arguments[0]));
            bench.start(Integer.parseInt(arguments[1]));
            bench.configuration();
        } finally {
            for (var place : List.of(directory, elsewhere)) {
                try (var files = Files.list(place)) {
                    for (var file : files.toList()) Files.delete(file);
                }
                Files.delete(place);
            }
        }
    }

    private void start(int runs) throws Exception {
        var added = new double[runs];
        var alone = new double[runs];
        managed();
        bare();
        for (int i = 0; i < runs; i++) {
            double managed = managed();
            alone[i] = bare();
            added[i] = managed - alone[i];
        }
        System.out.printf(
                Locale.ROOT,
                "%-28s %8.1f ms   the fake's own time %.0f ms; aim 30 ms%n",
                "engine start, added",
                median(added) * 1000,
                median(alone) * 1000);
    }

    private double managed() throws Exception {
        long began = System.nanoTime();
        var machine = engine.boot(spec);
        machine.control().hello().get(60, TimeUnit.SECONDS);
        double took = seconds(began);
        machine.kill();
        return took;
    }

    private double bare() throws Exception {
        for (var socket : Sockets.ALL) Files.deleteIfExists(directory.resolve(socket));
        long began = System.nanoTime();
        try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(directory.resolve(Sockets.CONTROL)));
            var process = process("bare");
            try (var api = new ApiClient(connected(process))) {
                for (var call : BootCalls.of(spec)) api.send(call);
                try (var guest = Duplex.of(server.accept())) {
                    guest.out().write(("\0host " + "ab".repeat(16) + " 1\n").getBytes(StandardCharsets.US_ASCII));
                    guest.out().flush();
                    if (guest.in().read() < 0) throw new IOException("the guest says nothing");
                    return seconds(began);
                }
            } finally {
                process.destroyForcibly();
                process.onExit().join();
            }
        }
    }

    private Duplex connected(Process process) throws IOException, InterruptedException {
        while (true) {
            try {
                return Duplex.connect(directory.resolve(Sockets.API));
            } catch (IOException e) {
                if (!process.isAlive()) throw new IOException("the fake ended", e);
                Thread.sleep(2);
            }
        }
    }

    /** The calls before the start, in a row, to a fake that has warmed up by the same. */
    private void configuration() throws Exception {
        for (var socket : Sockets.ALL) Files.deleteIfExists(directory.resolve(socket));
        var tap = Optional.of("bgr0123456789ab");
        var calls = BootCalls.of(spec.at(new BootSpec.Placement(Optional.empty(), Optional.empty(), tap))).stream()
                .filter(c -> c != ApiCall.Action.START && !(c instanceof ApiCall.Vsock))
                .toList();
        var times = new double[100];
        var process = process("warm");
        try {
            connected(process).close();
            for (int i = -200; i < times.length; i++) {
                try (var api = new ApiClient(connected(process))) {
                    long began = System.nanoTime();
                    for (var call : calls) api.send(call);
                    if (i >= 0) times[i] = seconds(began);
                }
            }
        } finally {
            process.destroyForcibly();
            process.onExit().join();
        }
        System.out.printf(
                Locale.ROOT,
                "%-28s %8.1f ms   %d calls; aim 10 ms%n",
                "API configuration",
                median(times) * 1000,
                calls.size());
    }

    private Process process(String id) throws IOException {
        return new ProcessBuilder(program.toString(), "--api-sock", Sockets.API, "--id", id)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private static double median(double[] values) {
        var sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static double seconds(long began) {
        return (System.nanoTime() - began) / 1e9;
    }
}
