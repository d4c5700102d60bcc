package banger.daemon.engine;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.daemon.process.Command;
import banger.daemon.process.CommandRunner;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Starts VMMs through {@code banger-shim run}; the shim outlives us and is the VMM's parent. */
public final class Shim {
    private static final Duration DEADLINE = Duration.ofSeconds(10);

    private final Path program;
    private final CommandRunner commands;

    public Shim(Path program, CommandRunner commands) {
        this.program = program;
        this.commands = commands;
    }

    /** The shim and its child. */
    public record Started(ProcessRef shim, ProcessRef child) {}

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
