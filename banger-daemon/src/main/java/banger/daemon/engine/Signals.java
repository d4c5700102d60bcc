package banger.daemon.engine;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.process.Command;
import banger.daemon.process.CommandRunner;

/** Sends signals that Java cannot. */
public final class Signals {
    private final CommandRunner commands;

    public Signals(CommandRunner commands) {
        this.commands = commands;
    }

    /** @param name without {@code SIG}, from a closed list of the caller's */
    public void send(ProcessRef process, String name) {
        if (!process.alive()) return;
        var result = commands.run(Command.of("kill", "-s", name, Long.toString(process.pid())));
        if (!result.ok() && process.alive())
            throw new BangerException(ErrorCode.HOST_TOOL_FAILED, "kill: " + result.reason());
    }
}
