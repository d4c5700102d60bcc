package banger.daemon.vm;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.VmName;
import banger.api.model.EnvironmentSpec;
import banger.daemon.engine.Machine;
import banger.daemon.guest.Agent;
import banger.daemon.guest.Control;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/** What runs now of one VM: its machine, its agent, and what the guest has announced. */
public final class RunningVm implements Control.Listener {
    private final VmId id;
    private final VmName name;
    private final String how;
    private final Optional<PendingEnvironment> pending;
    private final CompletableFuture<Void> ready = new CompletableFuture<>();
    private final CompletableFuture<String> failed = new CompletableFuture<>();
    private final CompletableFuture<Machine> machine = new CompletableFuture<>();
    private final CompletableFuture<Void> starved = new CompletableFuture<>();
    private final Set<Consumer<String>> waiting = ConcurrentHashMap.newKeySet();
    private volatile long dirtyKib = -1;
    private volatile Optional<String> powerAction = Optional.empty();

    /** @param how it came up, for listings: {@code warm}, {@code environment}, {@code setup}, {@code resumed}, or {@code cold}, with the reason in brackets */
    RunningVm(VmId id, VmName name, String how) {
        this(id, name, how, Optional.empty());
    }

    private RunningVm(VmId id, VmName name, String how, Optional<PendingEnvironment> pending) {
        this.id = id;
        this.name = name;
        this.how = how;
        this.pending = pending;
    }

    /** One that is to become an environment. */
    static RunningVm toBeSetUp(Vm vm, PendingEnvironment environment) {
        return new RunningVm(vm.id(), vm.name(), EnvironmentSpec.SETUP, Optional.of(environment));
    }

    /** What it is to become; empty: nothing but itself, or the daemon that knew has ended. */
    Optional<PendingEnvironment> pending() {
        return pending;
    }

    String how() {
        return how;
    }

    /** @throws BangerException {@code vm.busy} when its memory is one that only {@link Environments} saves */
    void refuseWhilePending(String what) {
        if (pending.isPresent())
            throw new BangerException(
                    ErrorCode.VM_BUSY,
                    "vm " + name + ": was booted to become an environment, and cannot be " + what,
                    "banger vm restart " + name + " makes it a VM like any");
    }

    void machine(Machine started) {
        started.whenStarved(() -> starved.complete(null));
        machine.complete(started);
    }

    public VmId id() {
        return id;
    }

    public VmName name() {
        return name;
    }

    /** The machine; there is one from the moment that anybody can find this object. */
    public Machine machine() {
        return machine.join();
    }

    public Agent agent() {
        return new Agent(name.value(), machine().streams());
    }

    CompletableFuture<Void> whenReady() {
        return ready;
    }

    CompletableFuture<String> whenFailed() {
        return failed;
    }

    /** No room on this host for what it writes; heard of only until it is ready. */
    CompletableFuture<Void> whenStarved() {
        return starved;
    }

    /**
     * For one that waits for something in it.
     *
     * @param told gets a line when there is something to know; may take its time
     * @return ends that
     */
    public Runnable listen(Consumer<String> told) {
        waiting.add(told);
        return () -> waiting.remove(told);
    }

    /** Tells all who wait; none of them holds up the caller. */
    void tell(String line) {
        for (var told : waiting) Thread.ofVirtual().name("tell-" + name).start(() -> told.accept(line));
    }

    /** Kibibytes left to write in a sync under way; -1 when the guest has not spoken of any. */
    long dirtyKib() {
        return dirtyKib;
    }

    void forgetDirty() {
        dirtyKib = -1;
    }

    /** How the guest's init said it would end the machine. */
    Optional<String> powerAction() {
        return powerAction;
    }

    @Override
    public void dirty(long kib) {
        dirtyKib = kib;
    }

    @Override
    public void power(String action) {
        powerAction = Optional.of(action);
    }

    @Override
    public void failed(String text) {
        failed.complete(text);
    }

    @Override
    public void ready() {
        ready.complete(null);
    }
}
