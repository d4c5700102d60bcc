package banger.daemon.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A process that cannot be mistaken for a later one with the same number.
 *
 * @param start field 22 of {@code /proc/PID/stat}: clock ticks since the host's boot
 */
public record ProcessRef(long pid, long start) {
    public ProcessRef {
        if (pid < 1 || start < 0) throw new IllegalArgumentException("not a process: " + pid + ":" + start);
    }

    /** {@code PID:START}, as the shim writes it. */
    public static ProcessRef parse(String text) {
        var parts = text.split(":");
        if (parts.length != 2) throw new IllegalArgumentException("not a process reference: " + text);
        return new ProcessRef(Long.parseLong(parts[0]), Long.parseLong(parts[1]));
    }

    public static Optional<ProcessRef> of(long pid) {
        return stat(pid).map(s -> new ProcessRef(pid, s.start));
    }

    /** Whether it still runs. A zombie is dead. */
    public boolean alive() {
        return stat(pid)
                .filter(s -> s.start == start && s.state != 'Z' && s.state != 'X')
                .isPresent();
    }

    /** Whether it runs but was stopped, as by SIGSTOP. */
    public boolean stopped() {
        return stat(pid).filter(s -> s.start == start && s.state == 'T').isPresent();
    }

    /** Kills it at once; nothing happens when it is gone already. */
    public void kill() {
        // The handle remembers the start time it saw, so a reused number is never hit.
        ProcessHandle.of(pid).filter(h -> alive()).ifPresent(ProcessHandle::destroyForcibly);
    }

    private record Stat(char state, long start) {}

    private static Optional<Stat> stat(long pid) {
        try {
            var text = Files.readString(Path.of("/proc/" + pid + "/stat"));
            // The name in parentheses may hold anything, so count from its end.
            var fields = text.substring(text.lastIndexOf(')') + 2).split(" ");
            return Optional.of(new Stat(fields[0].charAt(0), Long.parseLong(fields[19])));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    @Override
    public String toString() {
        return pid + ":" + start;
    }
}
