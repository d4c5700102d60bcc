package banger.daemon.engine.firecracker;

import banger.api.http.Duplex;
import banger.daemon.engine.Machine;
import banger.daemon.engine.MachineExit;
import banger.daemon.engine.MachineRef;
import banger.daemon.engine.RunningVmm;
import banger.daemon.engine.Signals;
import banger.daemon.engine.Vmm;
import banger.daemon.guest.Control;
import banger.daemon.guest.GuestChannel;
import banger.daemon.guest.Sleep;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** One Firecracker process. */
final class FirecrackerMachine implements Machine, RunningVmm.Ties {
    /** The whole memory is written. */
    private static final Duration SAVES_WITHIN = Duration.ofMinutes(15);

    private final Vmm vmm;
    private final RunningVmm run;
    private final ApiClient api;
    private final Duplex watch;
    private final Signals signals;
    private volatile Control control;
    private volatile Optional<Control> former = Optional.empty();
    private final Endings endings;
    private final VsockChannel streams;
    /** By its own means, as a save needs it and a restore leaves it. */
    private volatile Halted halted;

    /** Whether its own API has stopped the vCPUs. */
    enum Halted {
        YES,
        NO
    }

    /** @param watch a connection to its API on which nothing is asked: it breaks when the process ends */
    FirecrackerMachine(
            Vmm vmm,
            MachineRef ref,
            ApiClient api,
            Duplex watch,
            Control control,
            Endings endings,
            Signals signals,
            Halted halted) {
        this.vmm = vmm;
        this.run = new RunningVmm(vmm, ref, this);
        this.api = api;
        this.watch = watch;
        this.control = control;
        this.signals = signals;
        this.halted = halted;
        this.endings = endings;
        this.streams = new VsockChannel(vmm.directory().resolve(Sockets.VSOCK));
        Thread.ofVirtual().name("exit-of-" + vmm.name()).start(this::watch);
    }

    private void watch() {
        try {
            while (watch.in().read() >= 0)
                ; // it says nothing unasked
        } catch (IOException e) {
            // As good as its end.
            run.broke();
            return;
        }
        run.broke();
    }

    @Override
    public MachineRef ref() {
        return run.ref();
    }

    @Override
    public Control control() {
        return control;
    }

    @Override
    public GuestChannel streams() {
        return streams;
    }

    /**
     * The process itself is stopped. Up to 1.16 its own pause, when no snapshot follows, leaves the vsock
     * deaf for ever after (firecracker pull request 6100).
     */
    @Override
    public void pause() {
        signals.send(ref().vmmProcess(), "STOP");
    }

    @Override
    public void unpause() {
        signals.send(ref().vmmProcess(), "CONT");
    }

    @Override
    public void whenStarved(Runnable listener) {
        // Its guest gets the error, and its file system deals with it.
    }

    @Override
    public void save(Path directory) throws IOException {
        api.send(ApiCall.Run.PAUSED);
        halted = Halted.YES;
        // A snapshot breaks the guest's connections when it runs on: it will make another one, which is awaited.
        former = Optional.of(control);
        control = Control.begin(AwaitedControl.listen(vmm.directory().resolve(Sockets.CONTROL)), endings);
        var files = vmm.directory().relativize(directory);
        api.send(
                new ApiCall.SnapshotCreate(
                        "Full",
                        files.resolve(FirecrackerHypervisor.STATE).toString(),
                        files.resolve(FirecrackerHypervisor.MEMORY).toString()),
                SAVES_WITHIN);
    }

    @Override
    public void wake(Sleep.Kind kind) throws IOException {
        if (halted == Halted.YES) api.send(ApiCall.Run.RESUMED);
        halted = Halted.NO;
        Sleep.wake(control, kind);
        former.ifPresent(Control::close);
        former = Optional.empty();
    }

    @Override
    public CompletableFuture<MachineExit> exit() {
        return run.exit();
    }

    @Override
    public void kill() {
        run.kill();
    }

    @Override
    public void release() {
        run.release();
    }

    /** What the guest said before it ended may still be on its way to the listener. */
    private void hearTheLast() {
        if (!control.hello().isDone()) return;
        try {
            control.ended().get(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            // Nobody reads it any more; the ending is told as it looks.
            return;
        }
    }

    @Override
    public MachineExit exit(String how) {
        hearTheLast();
        return new MachineExit(cause(how), how);
    }

    private MachineExit.Cause cause(String how) {
        if (how.startsWith("signal")) return MachineExit.Cause.KILLED;
        if (!how.startsWith("status 0")) return MachineExit.Cause.FAILED;
        return endings.action().isEmpty() || endings.action().equals("reboot")
                ? MachineExit.Cause.RESET
                : MachineExit.Cause.POWEROFF;
    }

    @Override
    public void cut() {
        control.close();
        former.ifPresent(Control::close);
        api.close();
        close(watch);
    }

    private static void close(Duplex pipe) {
        try {
            pipe.close();
        } catch (IOException e) {
            // The process is gone; nothing is left to free.
            return;
        }
    }
}
