package banger.e2e;

import banger.api.BangerException;
import banger.api.model.OperationInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What a home should not have left behind. */
final class Leaks {
    /** What may stay below {@code $RUN} of a daemon that was stopped. */
    private static final Set<String> KEPT_IN_RUN = Set.of("bangerd.lock", "kvm-probe", "vms", "net");

    private Leaks() {}

    /** Of the daemon while it still runs: VMs and operations. */
    static List<String> ofDaemon(Home home) {
        var leaks = new ArrayList<String>();
        if (!home.daemonRuns()) return leaks;
        try {
            home.vms().forEach(vm -> leaks.add("vm " + vm.name() + " (" + vm.state() + ")"));
            home.client().list("/v1/operations", OperationInfo.class).forEach(o -> leaks.add("operation " + o));
        } catch (BangerException e) {
            leaks.add("the daemon does not answer: " + e.fact());
        }
        return leaks;
    }

    /** Of the host once the daemon was stopped: processes, mounts, sockets, files. */
    static List<String> ofHost(Path home) throws IOException {
        var leaks = new ArrayList<String>();
        // The shim of a VMM that was just killed needs a moment to write down how it ended.
        try {
            Wait.until(
                    "every process of " + home + " is gone",
                    () -> processes(home).isEmpty());
        } catch (AssertionError e) {
            processes(home).forEach(p -> leaks.add("process " + p));
        }
        for (var line : Files.readAllLines(Path.of("/proc/self/mountinfo")))
            if (line.contains(home + "/")) leaks.add("mount " + line);
        for (var line : Files.readAllLines(Path.of("/proc/net/unix")))
            if (line.contains(home + "/")) leaks.add("socket " + line);
        var state = home.resolve("state");
        Trees.names(state.resolve("vms")).forEach(n -> leaks.add("directory state/vms/" + n));
        Trees.names(state.resolve("run/vms")).forEach(n -> leaks.add("directory state/run/vms/" + n));
        Trees.names(state.resolve("ssh/vms")).forEach(n -> leaks.add("keys state/ssh/vms/" + n));
        for (var name : Trees.names(state.resolve("run")))
            if (!KEPT_IN_RUN.contains(name)) leaks.add("file state/run/" + name);
        for (var part : List.of("images", "kernels", "templates"))
            for (var name : Trees.names(state.resolve(part)))
                if (name.startsWith(".")) leaks.add("unfinished state/" + part + "/" + name);
        return leaks;
    }

    private static List<Processes.Seen> processes(Path home) {
        var own = ProcessHandle.current().pid();
        return Processes.matching(p -> p.pid() != own && belongs(p, home.toString()));
    }

    private static boolean belongs(Processes.Seen process, String home) {
        return process.cwd().startsWith(home)
                || process.words().stream().anyMatch(w -> w.contains(home))
                || process.environment().contains("BANGER_HOME=" + home);
    }

    /** Ends what was left, so that one class's leak is not the next one's trouble. */
    static void end(Path home) {
        for (var process : processes(home)) ProcessHandle.of(process.pid()).ifPresent(ProcessHandle::destroyForcibly);
        Wait.until("killed processes are gone", () -> processes(home).isEmpty());
    }
}
