package banger.daemon.vm;

import banger.api.BangerException;
import banger.api.ErrorCode;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The machines that run now. */
public final class Machines {
    private final Map<VmId, RunningVm> running = new ConcurrentHashMap<>();

    void put(RunningVm vm) {
        running.put(vm.id(), vm);
    }

    /** Takes it out if it is still this one; whoever gets true handles its end. */
    boolean take(RunningVm vm) {
        return running.remove(vm.id(), vm);
    }

    public Optional<RunningVm> find(VmId id) {
        return Optional.ofNullable(running.get(id));
    }

    /** @throws BangerException {@code vm.not-running} */
    public RunningVm require(Vm vm) {
        if (vm.state() == VmState.PAUSED)
            throw new BangerException(
                    ErrorCode.VM_NOT_RUNNING,
                    "vm " + vm.name() + ": is paused" + (vm.lastError().isEmpty() ? "" : ": " + vm.lastError()),
                    (vm.lastError().isEmpty() ? "" : "make room, then ") + "banger vm resume " + vm.name());
        return find(vm.id())
                .orElseThrow(() -> new BangerException(
                        ErrorCode.VM_NOT_RUNNING,
                        "vm " + vm.name() + ": is not running (" + vm.state().word() + ")",
                        "banger vm start " + vm.name()));
    }

    public Collection<RunningVm> all() {
        return List.copyOf(running.values());
    }
}
