package banger.daemon.net;

import banger.daemon.DurableFiles;
import banger.daemon.engine.ProcessRef;
import banger.daemon.process.Command;
import banger.daemon.process.CommandRunner;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The process that keeps the private namespaces alive; its reference is in a file for the next daemon. */
final class Holder {
    private final Path file;
    private final Path shim;
    private final CommandRunner commands;
    private final Optional<Integer> vmUid;

    /** @param vmUid the host's uid that is uid 1 inside; empty: the owner is uid 0 there, and nobody else is */
    Holder(Path file, Path shim, CommandRunner commands, Optional<Integer> vmUid) {
        this.file = file;
        this.shim = shim;
        this.commands = commands;
        this.vmUid = vmUid;
    }

    Optional<ProcessRef> find() {
        try {
            return Optional.of(ProcessRef.parse(Files.readString(file).strip())).filter(ProcessRef::alive);
        } catch (IOException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    ProcessRef start() throws Refused {
        var arguments = new ArrayList<>(List.of(shim.toString(), "hold"));
        vmUid.ifPresent(u -> arguments.addAll(List.of("--map-uid", u.toString())));
        var reference = ProcessRef.parse(
                ShimLine.words(commands.run(Command.of(arguments))).getFirst());
        DurableFiles.write(file, (reference + "\n").getBytes(StandardCharsets.US_ASCII), "rw-------");
        return reference;
    }

    void end() {
        find().ifPresent(ProcessRef::kill);
    }
}
