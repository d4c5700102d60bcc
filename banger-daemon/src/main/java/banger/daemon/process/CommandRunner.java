package banger.daemon.process;

import banger.api.BangerException;
import java.util.function.Consumer;

/** Runs host programs to their end: captured, bounded, timed, and killed when the caller is interrupted. */
public interface CommandRunner {
    /**
     * Runs a program to its end.
     *
     * @throws BangerException {@code host.tool-missing} when there is no such program, {@code
     *     host.tool-failed} when it passed its deadline or printed too much, {@code cancelled} when the
     *     calling thread was interrupted; the program and its descendants are gone by then
     */
    default Result run(Command command) {
        return run(command, line -> {});
    }

    /** The same, and hands each line of the program's stderr to {@code lines} as it comes. */
    Result run(Command command, Consumer<String> lines);
}
