package bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** QEMU started by hand, with what banger's own QEMU was started with, minus the network. */
final class BareBoot implements AutoCloseable {
    private final Path dir = Files.createTempDirectory("banger-bare");
    private final List<String> arguments;

    BareBoot(long vmm, Path blank) throws Exception {
        arguments = arguments(vmm);
        for (int i = 0; i < arguments.size(); i++) {
            boolean net = arguments.get(i).startsWith("tap,") || arguments.get(i).startsWith("virtio-net-pci");
            if (net) {
                arguments.subList(i - 1, i + 1).clear();
                i -= 2;
            }
        }
        copyBoot(vmm, dir);
        for (var disk : List.of("vdb", "vdc")) Files.move(blank.resolve(disk), dir.resolve(disk + ".new"));
        Files.delete(blank);
    }

    static List<String> arguments(long vmm) throws Exception {
        return new ArrayList<>(Arrays.asList(Files.readString(Path.of("/proc/" + vmm + "/cmdline")).split("\0")));
    }

    /** What a VMM only reads, by its own view of the files, its mount namespace included. */
    static void copyBoot(long vmm, Path dir) throws Exception {
        var root = Path.of("/proc/" + vmm + "/cwd");
        for (var name : List.of("vda", "vdd", "kernel", "initrd"))
            Tools.run(true, "cp", "--sparse=always", root.resolve(name).toString(), dir.resolve(name).toString());
    }

    /** How far a boot is followed: the init's greeting, or the agent's first word behind a canned configuration. */
    enum Milestone {
        HELLO,
        READY
    }

    double until(Milestone milestone) throws Exception {
        for (var s : List.of("control.sock", "streams.sock", "qmp.sock")) Files.deleteIfExists(dir.resolve(s));
        // Fresh disks for each boot, as a new VM has.
        for (var disk : List.of("vdb", "vdc"))
            Tools.run(true, "cp", "--sparse=always", dir.resolve(disk + ".new").toString(), dir.resolve(disk).toString());
        long began = System.nanoTime();
        var process = new ProcessBuilder(arguments).directory(dir.toFile())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        try (var guest = new BareGuest(process, dir)) {
            if (milestone == Milestone.READY) guest.configure(dir);
            return Tools.seconds(began);
        } finally {
            process.destroyForcibly();
            process.onExit().join();
        }
    }

    @Override
    public void close() throws Exception {
        Tools.run(true, "rm", "-r", dir.toString());
    }
}
