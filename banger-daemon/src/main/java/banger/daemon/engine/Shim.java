package banger.daemon.engine;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.daemon.process.Command;
import banger.daemon.process.CommandRunner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Starts VMMs through {@code banger-shim run}; the shim outlives us and is the VMM's parent. */
public final class Shim {
    private static final Path KVM = Path.of("/dev/kvm");
    private static final Duration DEADLINE = Duration.ofSeconds(10);

    private final Path program;
    private final CommandRunner commands;

    public Shim(Path program, CommandRunner commands) {
        this.program = program;
        this.commands = commands;
    }

    /** The shim and its child. */
    public record Started(ProcessRef shim, ProcessRef child) {}

    private static Optional<Integer> kvmGroup() {
        try {
            int group = (Integer) Files.getAttribute(KVM, "unix:gid");
            return group == 0 ? Optional.empty() : Optional.of(group);
        } catch (IOException e) {
            return Optional.empty(); // no KVM here
        }
    }

    /**
     * @param name the VM's, for errors
     * @throws BangerException {@code vm.start-failed}
     */
    public Started run(
            String name, Path dir, BootSpec.Placement placement, List<BootSpec.Link> links, List<String> vmm) {
        var arguments = new ArrayList<String>();
        arguments.addAll(List.of(program.toString(), "run", "--dir", dir.toString()));
        placement.holder().ifPresent(h -> arguments.addAll(List.of("--holder", h.toString())));
        placement.uid().ifPresent(u -> arguments.addAll(List.of("--uid", u.toString())));
        // Another uid than the owner's has the owner's access to KVM only through the device's group.
        if (placement.uid().isPresent()) kvmGroup().ifPresent(g -> arguments.addAll(List.of("--group", g.toString())));
        placement.tap().ifPresent(t -> arguments.addAll(List.of("--tap", t)));
        for (var link : links) arguments.addAll(List.of("--bind", link.source() + "=" + link.name()));
        arguments.add("--");
        arguments.addAll(vmm);
        var result = commands.run(Command.of(arguments).within(DEADLINE));
        var words = result.out().strip().split(" ");
        if (!result.ok() || words.length != 3 || !words[0].equals("ok"))
            throw new BangerException(
                    ErrorCode.VM_START_FAILED,
                    "vm " + name + ": the VMM could not be started: "
                            + Printable.line(
                                    result.out().isBlank()
                                            ? result.reason()
                                            : result.out().strip()),
                    "banger doctor");
        return new Started(ProcessRef.parse(words[1]), ProcessRef.parse(words[2]));
    }
}
