package banger.daemon.vm;

import java.nio.file.Path;

/**
 * The files of one VM.
 *
 * @param state {@code $STATE/vms/ID}: disks, logs, and the sockets while it runs; the VMM's working directory
 * @param run {@code $RUN/vms/ID}: what is true until the host boots again
 */
public record VmDirectory(Path state, Path run) {
    static final String UNSETTLED = "unsettled-";

    public Path overlay() {
        return state.resolve("vdb");
    }

    public Path workDisk() {
        return state.resolve("vdc");
    }

    /** There while its disks are copies that may not be on disk yet; by the boot of the host that made them. */
    Path unsettled(String boot) {
        return state.resolve(UNSETTLED + boot);
    }

    public Path console() {
        return state.resolve("console.log");
    }

    public Path olderConsole() {
        return state.resolve("console.log.1");
    }

    public Path machine() {
        return run.resolve("machine.json");
    }
}
