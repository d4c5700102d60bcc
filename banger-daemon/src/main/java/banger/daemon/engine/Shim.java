package banger.daemon.engine;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.api.Size;
import banger.daemon.process.CommandRunner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Starts VMMs through {@code banger-shim run}; the shim outlives us and is the VMM's parent. */
public final class Shim {
    /** Where a VMM finds the memory that it maps. */
    public static final int MEMORY_DESCRIPTOR = 4;

    private static final Path KVM = Path.of("/dev/kvm");
    /** A vsock has up to 1,023 connections, two descriptors each. */
    private static final int MOST_FILES = 4096;

    /** Of a saved state beside the memory. */
    private static final long SLACK = 64 * Size.MIB;

    private static final Duration DEADLINE = Duration.ofSeconds(10);

    private final Path program;
    private final CommandRunner commands;
    private final Supplier<Confinement.Answer> confinement;
    private final MemoryBound bound;

    public Shim(Path program, CommandRunner commands, Supplier<Confinement.Answer> confinement, MemoryBound bound) {
        this.program = program;
        this.commands = commands;
        this.confinement = confinement;
        this.bound = bound;
    }

    /**
     * The shim and its child.
     *
     * @param confinement how the child is confined, for listings
     */
    public record Started(ProcessRef shim, ProcessRef child, String confinement) {}

    /** Of what a VMM writes: its disks, and its memory when it is saved. */
    private static long largestFile(BootSpec spec) {
        return Stream.of("vdb", "vdc")
                        .mapToLong(spec::diskBytes)
                        // A layer in its place has tables beside the same content: some 16 bytes for each 64 KiB.
                        .map(bytes -> bytes + bytes / 2048)
                        .reduce(spec.memoryMib() * Size.MIB, Math::max)
                + SLACK;
    }

    private static Optional<Integer> kvmGroup() {
        try {
            int group = (Integer) Files.getAttribute(KVM, "unix:gid");
            return group == 0 ? Optional.empty() : Optional.of(group);
        } catch (IOException e) {
            return Optional.empty(); // no KVM here
        }
    }

    /**
     * @param sight what the VMM needs of the host, where it can be kept from the rest
     * @param memory what the VMM finds as descriptor {@link #MEMORY_DESCRIPTOR}
     * @param vmm the program and its arguments
     * @throws BangerException {@code vm.start-failed}
     */
    public Started run(BootSpec spec, Sight sight, Optional<SealedMemory.Place> memory, List<String> vmm) {
        var placement = spec.placement();
        var confined = confinement.get();
        var arguments = new ArrayList<String>();
        arguments.addAll(
                List.of(program.toString(), "run", "--dir", spec.directory().toString()));
        placement.holder().ifPresent(h -> arguments.addAll(List.of("--holder", h.toString())));
        placement.uid().ifPresent(u -> arguments.addAll(List.of("--uid", u.toString())));
        // Another uid than the owner's has the owner's access to KVM only through the device's group.
        if (placement.uid().isPresent()) kvmGroup().ifPresent(g -> arguments.addAll(List.of("--group", g.toString())));
        placement.tap().ifPresent(t -> arguments.addAll(List.of("--tap", t)));
        memory.ifPresent(m -> arguments.addAll(List.of(
                m.written() ? "--record-memory" : "--memory",
                m.holder().toString(),
                Integer.toString(m.descriptor()))));
        if (spec.urgency() == BootSpec.Urgency.LOW) arguments.add("--low-priority");
        for (var link : spec.links()) arguments.addAll(List.of("--bind", link.source() + "=" + link.name()));
        arguments.addAll(List.of("--limit", "nofile=" + MOST_FILES, "--limit", "fsize=" + largestFile(spec)));
        confined.bwrap().ifPresent(bwrap -> {
            arguments.addAll(List.of("--confine", bwrap.toString()));
            arguments.addAll(List.of(
                    "--show-as", sight.program().toString(), sight.name().toString()));
            for (var file : sight.files()) arguments.addAll(List.of("--show", file.toString()));
            for (var device : sight.devices()) arguments.addAll(List.of("--show", device.toString()));
        });
        arguments.add("--");
        arguments.add(confined.bwrap().isPresent() ? sight.name().toString() : vmm.getFirst());
        arguments.addAll(vmm.subList(1, vmm.size()));
        var result = commands.run(bound.around(arguments, spec.memoryMib()).within(DEADLINE));
        var words = result.out().strip().split(" ");
        if (!result.ok() || words.length != 3 || !words[0].equals("ok"))
            throw new BangerException(
                    ErrorCode.VM_START_FAILED,
                    "vm " + spec.name() + ": the VMM could not be started: "
                            + Printable.line(
                                    result.out().isBlank()
                                            ? result.reason()
                                            : result.out().strip()),
                    "banger doctor");
        return new Started(ProcessRef.parse(words[1]), ProcessRef.parse(words[2]), confined.label());
    }
}
