package banger.api;

import java.nio.file.Path;
import java.util.Map;

/**
 * Every path of ours: the only class that names one. User mode: XDG directories, with the run
 * directory below the state (never {@code $XDG_RUNTIME_DIR}, which is deleted at logout);
 * {@code BANGER_HOME} puts all under one directory.
 *
 * @param state what must not be lost: database, disks, images, kernels, keys
 * @param cache what can be fetched again
 * @param run what is true until the next boot of the host: sockets, process references
 * @param config the user's own settings file; never written
 */
public record Layout(Path state, Path cache, Path run, Path config) {
    public static Layout of(Map<String, String> environment, Path home) {
        var one = environment.getOrDefault("BANGER_HOME", "");
        if (!one.isEmpty()) {
            var base = Path.of(one).toAbsolutePath().normalize();
            return new Layout(
                    base.resolve("state"),
                    base.resolve("cache"),
                    base.resolve("state/run"),
                    base.resolve("config/config.toml"));
        }
        var state = xdg(environment, "XDG_STATE_HOME", home.resolve(".local/state"));
        return new Layout(
                state,
                xdg(environment, "XDG_CACHE_HOME", home.resolve(".cache")),
                state.resolve("run"),
                xdg(environment, "XDG_CONFIG_HOME", home.resolve(".config")).resolve("config.toml"));
    }

    private static Path xdg(Map<String, String> environment, String variable, Path fallback) {
        var value = environment.getOrDefault(variable, "");
        // The XDG specification: a relative path is invalid and must be ignored.
        var base = value.startsWith("/") ? Path.of(value) : fallback;
        return base.resolve("banger");
    }

    public Path database() {
        return state.resolve("banger.db");
    }

    /** Room that is held back for the day when the disk is full. */
    public Path ballast() {
        return state.resolve("ballast");
    }

    public Path lock() {
        return run.resolve("bangerd.lock");
    }

    public Path socket() {
        return run.resolve("bangerd.sock");
    }

    public Path daemonLog() {
        return state.resolve("logs/bangerd.log");
    }

    public Path logs() {
        return state.resolve("logs");
    }

    public Path images() {
        return state.resolve("images");
    }

    public Path kernels() {
        return state.resolve("kernels");
    }

    /** What marks saved machines as this owner's own. */
    public Path sealKey() {
        return state.resolve("seal.key");
    }

    /** What VMs were at a moment: a directory a VM. */
    public Path snapshots() {
        return state.resolve("snapshots");
    }

    /** Disks of VMs that never change any more, and that others are on: a directory each. */
    public Path layers() {
        return state.resolve("layers");
    }

    /** Prepared machines, a directory each. */
    public Path templates() {
        return state.resolve("templates");
    }

    /** Machines with a repository's dependencies in them, a directory each. */
    public Path environments() {
        return state.resolve("environments");
    }

    /** What a VM printed while it was set up to become an environment; kept until it is part of one. */
    public Path setupLog(String vm) {
        return logs().resolve("setup-" + vm + ".log");
    }

    /** What owners have agreed to in {@code .banger.toml} files: a file a repository. */
    public Path approvals() {
        return state.resolve("approvals");
    }

    /** Engines that were pulled. */
    public Path engines() {
        return state.resolve("engines");
    }

    /** Blank file systems to copy new disks from. */
    public Path blanks() {
        return cache.resolve("blanks");
    }

    public Path ssh() {
        return state.resolve("ssh");
    }

    /** One host key and one known_hosts file a VM. */
    public Path vmKeys() {
        return state.resolve("ssh/vms");
    }

    public Path vms() {
        return state.resolve("vms");
    }

    public Path vmRuns() {
        return run.resolve("vms");
    }

    /** What is known of the workspaces of VMs: a directory a VM, in it one a workspace. */
    public Path workspaces() {
        return state.resolve("workspaces");
    }

    /** Work of deleted VMs that was never pulled. */
    public Path rescue() {
        return state.resolve("rescue");
    }

    public Path net() {
        return run.resolve("net");
    }
}
