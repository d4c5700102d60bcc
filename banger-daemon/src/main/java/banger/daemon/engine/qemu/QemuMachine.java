package banger.daemon.engine.qemu;

import banger.api.Printable;
import banger.api.http.Duplex;
import banger.daemon.disk.DiskChains;
import banger.daemon.disk.SparseFiles;
import banger.daemon.engine.Machine;
import banger.daemon.engine.MachineExit;
import banger.daemon.engine.MachineRef;
import banger.daemon.engine.RunningVmm;
import banger.daemon.engine.SealedMemory;
import banger.daemon.engine.Vmm;
import banger.daemon.guest.Control;
import banger.daemon.guest.GuestChannel;
import banger.daemon.guest.Mux;
import banger.daemon.guest.Sleep;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/** One QEMU process. */
final class QemuMachine implements Machine, RunningVmm.Ties {
    private final Vmm vmm;
    private final RunningVmm run;
    private final Qmp qmp;
    private final Control control;
    private final Accelerator accelerator;
    private static final GuestChannel ASLEEP = new GuestChannel() {
        @Override
        public Duplex open() throws IOException {
            throw new IOException("it sleeps");
        }

        @Override
        public void close() {}
    };

    private volatile Optional<Mux> streams;
    private final Optional<SealedMemory.Recording> recording;

    QemuMachine(
            Vmm vmm,
            MachineRef ref,
            Qmp qmp,
            Accelerator accelerator,
            Control control,
            Optional<Mux> streams,
            Optional<SealedMemory.Recording> recording) {
        this.recording = recording;
        this.vmm = vmm;
        this.run = new RunningVmm(vmm, ref, this);
        this.qmp = qmp;
        this.accelerator = accelerator;
        this.control = control;
        this.streams = streams;
        qmp.ended()
                .thenRun(() -> Thread.ofVirtual().name("exit-of-" + vmm.name()).start(run::broke));
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
        return streams.map(GuestChannel.class::cast).orElse(ASLEEP);
    }

    @Override
    public void pause() throws IOException {
        qmp.execute("{\"execute\":\"stop\"}");
    }

    @Override
    public void unpause() throws IOException {
        qmp.execute("{\"execute\":\"cont\"}");
    }

    @Override
    public void whenStarved(Runnable listener) {
        var name = "starved-" + vmm.name();
        qmp.whenStarved(() -> Thread.ofVirtual().name(name).start(listener));
        if (qmp.starved()) Thread.ofVirtual().name(name).start(listener);
    }

    @Override
    public boolean starved() {
        return qmp.starved();
    }

    @Override
    public void save(Path directory) throws IOException {
        pause();
        QemuLayers.endFlattening(qmp);
        QemuState.save(vmm, qmp, directory, recording.isPresent() ? QemuState.Kind.DEVICES : QemuState.Kind.WHOLE);
        if (recording.isPresent()) SparseFiles.pack(recording.get().path(), directory.resolve(QemuState.MEMORY));
    }

    @Override
    public Saving saveLive(Path directory, BooleanSupplier cancelled) throws IOException {
        if (recording.isPresent() || !accelerator.tracksWrites()) return () -> save(directory);
        return reallyLive(directory, cancelled);
    }

    /** Whatever the accelerator misses. */
    Saving reallyLive(Path directory, BooleanSupplier cancelled) throws IOException {
        return saveLive(directory, cancelled, kib -> Sleep.stir(control, kib));
    }

    Saving saveLive(Path directory, BooleanSupplier cancelled, QemuLiveSave.Guest guest) throws IOException {
        QemuLayers.endFlattening(qmp);
        return QemuLiveSave.begin(vmm, qmp, guest, directory, cancelled);
    }

    @Override
    public void stack(DiskChains disks) throws IOException {
        QemuLayers.stack(qmp, disks);
    }

    @Override
    public void flatten(DiskChains disks) throws IOException {
        QemuLayers.flatten(qmp, disks);
    }

    @Override
    public boolean flattening() throws IOException {
        return QemuLayers.flattening(qmp);
    }

    @Override
    public Set<String> flattened(DiskChains disks) throws IOException {
        return QemuLayers.flattened(qmp, disks);
    }

    @Override
    public boolean stacked(DiskChains disks) throws IOException {
        return QemuLayers.stacked(qmp, disks);
    }

    @Override
    public void wake(Sleep.Kind kind) throws IOException {
        unpause();
        Sleep.wake(control, kind);
        // The guest has closed its side for the save: another session on another connection.
        streams.ifPresent(Mux::close);
        streams = Optional.of(Mux.begin(vmm.connect(QemuArguments.STREAMS_SOCKET, ref().vmmProcess()), control));
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

    @Override
    public MachineExit exit(String how) {
        var reason = qmp.shutdownReason().getNow("");
        var cause = switch (reason) {
            case "guest-shutdown" -> MachineExit.Cause.POWEROFF;
            case "guest-reset", "guest-panic" -> MachineExit.Cause.RESET;
            case "host-signal", "host-qmp-quit" -> MachineExit.Cause.KILLED;
            default -> how.startsWith("signal") ? MachineExit.Cause.KILLED : MachineExit.Cause.FAILED;
        };
        return new MachineExit(cause, reason.isEmpty() ? how : Printable.line(reason) + ", " + how);
    }

    @Override
    public void cut() {
        recording.ifPresent(SealedMemory.Recording::close);
        streams.ifPresent(Mux::close);
        control.close();
        qmp.close();
    }
}
