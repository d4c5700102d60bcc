package banger.daemon.api;

import banger.api.Size;
import banger.api.model.VmStats;
import banger.daemon.http.Exchange;
import banger.daemon.http.Router;
import banger.daemon.vm.Machines;
import banger.daemon.vm.VmDisks;
import banger.daemon.vm.VmRefs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** {@code GET /v1/vms/{}/stats}: what a running VM uses, read when asked for and at no other time. */
public final class StatsRoute {
    private static final Duration SAMPLE = Duration.ofMillis(200);
    /** USER_HZ, 100 on every Linux there is. */
    private static final double TICKS_A_SECOND = 100;

    private static final int PAGE = 4096;

    private final VmRefs refs;
    private final VmDisks disks;
    private final Machines machines;

    public StatsRoute(VmRefs refs, VmDisks disks, Machines machines) {
        this.refs = refs;
        this.disks = disks;
        this.machines = machines;
    }

    public void addTo(Router router) {
        router.add("GET", "/v1/vms/{}/stats", this::send);
    }

    private void send(Exchange x) throws IOException {
        var vm = refs.resolve(x.parameter(0));
        var running = machines.require(vm);
        var process = Path.of("/proc/" + running.machine().ref().vmmProcess().pid());
        long before = cpuTicks(process);
        long began = System.nanoTime();
        try {
            Thread.sleep(SAMPLE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        double seconds = (System.nanoTime() - began) / 1e9;
        double percent = (cpuTicks(process) - before) / TICKS_A_SECOND / seconds * 100;
        var net = network(process, "bgr" + vm.id());
        var processes = running.agent().health().getOrDefault("processes", "0");
        x.json(
                VmStats.class,
                new VmStats(
                        vm.name().value(),
                        vm.state().word(),
                        percent,
                        residentBytes(process),
                        vm.memoryMib() * Size.MIB,
                        disks.used(vm.id()),
                        net[1],
                        net[0],
                        processes.matches("[0-9]{1,7}") ? Integer.parseInt(processes) : 0));
    }

    private static long cpuTicks(Path process) throws IOException {
        var text = Files.readString(process.resolve("stat"));
        var fields = text.substring(text.lastIndexOf(')') + 2).split(" ");
        return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    }

    private static long residentBytes(Path process) throws IOException {
        return Long.parseLong(Files.readString(process.resolve("statm")).split(" ")[1]) * PAGE;
    }

    /** Bytes the tap received from the guest and sent to it; zeroes without a network. */
    private static long[] network(Path process, String tap) throws IOException {
        try (var in = Files.newBufferedReader(process.resolve("net/dev"))) {
            return in.lines()
                    .map(String::strip)
                    .filter(l -> l.startsWith(tap + ":"))
                    .findFirst()
                    .map(l -> l.substring(tap.length() + 1).strip().split("\\s+"))
                    .map(f -> new long[] {Long.parseLong(f[0]), Long.parseLong(f[8])})
                    .orElse(new long[2]);
        }
    }
}
