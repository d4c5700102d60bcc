package banger.daemon.engine;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Size;
import banger.daemon.process.Command;
import banger.daemon.process.CommandRunner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A cgroup of its own for each VMM that bounds its memory, where there is one to be had: this daemon runs below its user's
 * systemd, which was given that part of the tree. A daemon that runs in a login session asks for none: what its user's
 * systemd holds ends with the user's last session, and VMs shall not. Thread-safe.
 */
public final class MemoryBound {
    /** A VMM's own, what it maps of its files while it reads them, and the translations of one that emulates. */
    private static final long BESIDE_THE_GUEST = 512 * Size.MIB;

    private static final long TRIED = 64 * Size.MIB;

    /** Prints what really bounds it, whatever was asked for. */
    private static final List<String> TRIAL = List.of(
            "/bin/sh", "-c", "cat /sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)/memory.max 2>/dev/null || :");

    private final CommandRunner commands;
    private final Path ownCgroup;
    private final int uid;
    private Optional<Boolean> known = Optional.empty();

    public MemoryBound(CommandRunner commands, int uid) {
        this(commands, uid, Path.of("/proc/self/cgroup"));
    }

    /** @param ownCgroup says where this process is */
    MemoryBound(CommandRunner commands, int uid, Path ownCgroup) {
        this.commands = commands;
        this.uid = uid;
        this.ownCgroup = ownCgroup;
    }

    /** For tests of what is around it. */
    public static MemoryBound none() {
        return new MemoryBound(
                (command, lines) -> {
                    throw new IllegalStateException("asked for " + command.program());
                },
                0,
                Path.of("/proc/self/no-cgroup"));
    }

    /** The command that starts the VMM of a guest with this much memory: the one given, in a cgroup where there is one. */
    public Command around(List<String> command, int memoryMib) {
        return available() ? inScope(memoryMib * Size.MIB + BESIDE_THE_GUEST, command) : Command.of(command);
    }

    /** Tried once: a delegation does not come or go while we run. */
    private synchronized boolean available() {
        if (known.isEmpty()) known = Optional.of(belowTheUsersSystemd() && bounds());
        return known.get();
    }

    private boolean belowTheUsersSystemd() {
        try {
            return Files.readString(ownCgroup).contains("/user@" + uid + ".service/");
        } catch (IOException e) {
            return false; // no /proc, no cgroups
        }
    }

    private boolean bounds() {
        try {
            var result = commands.run(inScope(TRIED, TRIAL).within(Duration.ofSeconds(5)));
            return result.ok() && result.out().strip().equals(Long.toString(TRIED));
        } catch (BangerException e) {
            if (e.code() == ErrorCode.CANCELLED) throw e;
            return false; // no such program, or a systemd that does not answer
        }
    }

    private Command inScope(long bytes, List<String> command) {
        var words = new ArrayList<>(List.of(
                "systemd-run",
                "--user",
                "--scope",
                "--quiet",
                "--collect",
                "--description=a VM of banger",
                "--property=MemoryMax=" + bytes,
                "--"));
        words.addAll(command);
        return Command.of(words).with("XDG_RUNTIME_DIR", "/run/user/" + uid);
    }
}
