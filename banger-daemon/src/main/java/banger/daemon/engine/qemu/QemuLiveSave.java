package banger.daemon.engine.qemu;

import banger.daemon.engine.Machine;
import banger.daemon.engine.Vmm;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A machine's memory on its way into a file while its guest runs, pass after pass; what changed since goes with the next
 * one. It is held with a little left: the stream is not read on, so that QEMU waits in its write until the guest is
 * frozen (docs/adr/0031).
 */
final class QemuLiveSave implements Machine.Saving {
    private static final Logger LOG = LoggerFactory.getLogger(QemuLiveSave.class);

    /** So much is left at least when a pass begins: more than lies between QEMU and us, and than QEMU takes for nothing. */
    static final int STIRRED_KIB = 4096;
    /** What is read between two looks at how far it is. */
    private static final int STEP = 1 << 20;
    /** What may be left for when the guest stands still. */
    private static final long LITTLE = 32L << 20;

    private static final int MOST_PASSES = 3;
    /** QEMU knows no speed, and so takes only nothing for nothing, until it has measured for 100 ms. */
    private static final Duration MEASURED = Duration.ofMillis(110);

    /** Has the guest write to that much memory; 0: it is given back. */
    @FunctionalInterface
    interface Guest {
        void stir(int kib) throws IOException;
    }

    private enum Phase {
        LIVE,
        /** The rest may go. */
        RELEASED,
        /** It was given up, here or because QEMU was done too early: all is to be saved anew. */
        LOST,
        /** It was written. */
        DONE
    }

    private final Vmm vmm;
    private final Qmp qmp;
    private final Guest guest;
    private final Path directory;
    private final QemuStream stream;
    private final ReentrantLock changing = new ReentrantLock();
    private Phase phase = Phase.LIVE;

    private QemuLiveSave(Vmm vmm, Qmp qmp, Guest guest, Path directory, QemuStream stream) {
        this.vmm = vmm;
        this.qmp = qmp;
        this.guest = guest;
        this.directory = directory;
        this.stream = stream;
    }

    /** Returns when little is left, or when it is clear that nothing comes of it. */
    static QemuLiveSave begin(Vmm vmm, Qmp qmp, Guest guest, Path directory, BooleanSupplier cancelled)
            throws IOException {
        QemuState.announce(qmp, QemuState.Kind.WHOLE, QemuState.Guest.RUNS);
        var file = directory.resolve(QemuState.FILE);
        var save = new QemuLiveSave(vmm, qmp, guest, directory, QemuStream.begin(vmm, qmp, file));
        qmp.whenSwitching(
                () -> Thread.ofVirtual().name("switchover-of-" + vmm.name()).start(save::switchover));
        try {
            if (!save.passes(cancelled)) save.giveUp();
            return save;
        } catch (IOException | RuntimeException e) {
            save.close();
            throw e;
        }
    }

    /** @return whether it is held with little left */
    private boolean passes(BooleanSupplier cancelled) throws IOException {
        var far = far();
        while (far.status.equals("setup") || far.status.equals("active") && far.looked == 0) {
            pass(cancelled, Duration.ofMillis(1));
            far = far();
        }
        for (int pass = 1; pass <= MOST_PASSES; pass++) {
            guest.stir(STIRRED_KIB);
            if (pass == 1) pass(cancelled, MEASURED);
            for (far = far(); far.looked <= pass; far = far()) {
                if (!far.status.equals("active")) return false;
                refuse(cancelled);
                if (!stream.some(STEP)) return false;
            }
            LOG.debug("vm {}: {} KiB left after pass {}", vmm.name(), far.left >> 10, pass);
            if (far.left <= LITTLE) return true;
            // What there is room for was reckoned by its memory.
            if (stream.taken() + far.left > far.memory / 10 * 11) return false;
        }
        return false;
    }

    private static void refuse(BooleanSupplier cancelled) throws IOException {
        if (cancelled.getAsBoolean()) throw new InterruptedIOException("cancelled");
    }

    private static void pass(BooleanSupplier cancelled, Duration time) throws IOException {
        refuse(cancelled);
        try {
            Thread.sleep(time);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    /**
     * How far QEMU is.
     *
     * @param looked how often it has looked for what changed; the first time before it sent anything
     * @param left bytes that it knows of as not sent
     * @param memory all of it
     */
    private record Far(String status, long looked, long left, long memory) {}

    private Far far() throws IOException {
        var told = QemuState.progress(qmp);
        var status = String.valueOf(told.get("status"));
        if (!(told.get("ram") instanceof Map<?, ?> ram)) return new Far(status, 0, 0, 0);
        return new Far(
                status, number(ram.get("dirty-sync-count")), number(ram.get("remaining")), number(ram.get("total")));
    }

    private static long number(@Nullable Object value) {
        return value instanceof Number number ? number.longValue() : 0;
    }

    /** QEMU has stopped the machine for the rest. */
    private void switchover() {
        changing.lock();
        try {
            if (phase == Phase.RELEASED)
                qmp.execute("{\"execute\":\"migrate-continue\",\"arguments\":{\"state\":\"pre-switchover\"}}");
            // Its guest is not frozen, and would never answer.
            else if (phase == Phase.LIVE) giveUp();
        } catch (IOException e) {
            // It has ended: whoever reads what it sends learns that.
            LOG.debug("vm {}: while it was saved", vmm.name(), e);
        } finally {
            changing.unlock();
        }
    }

    /** The machine runs on as if this had not been. */
    private void giveUp() throws IOException {
        changing.lock();
        try {
            if (phase != Phase.LIVE) return;
            phase = Phase.LOST;
            QemuState.cancel(qmp);
        } finally {
            changing.unlock();
        }
    }

    /** @return whether there is a rest that may go now */
    private boolean release() {
        changing.lock();
        try {
            if (phase != Phase.LIVE) return false;
            phase = Phase.RELEASED;
            return true;
        } finally {
            changing.unlock();
        }
    }

    @Override
    public void finish() throws IOException {
        boolean rest = release();
        qmp.execute("{\"execute\":\"stop\"}");
        if (rest) {
            stream.rest();
        } else {
            LOG.info("vm {}: saved while it stands still", vmm.name());
            discard();
            QemuState.save(vmm, qmp, directory, QemuState.Kind.WHOLE);
        }
        phase = Phase.DONE;
        stream.close();
    }

    private void discard() throws IOException {
        stream.close();
        Files.deleteIfExists(directory.resolve(QemuState.FILE));
    }

    @Override
    public void close() {
        if (phase == Phase.DONE) return;
        try {
            giveUp();
            guest.stir(0);
        } catch (IOException e) {
            // It has ended, and the save with it.
            LOG.debug("vm {}: its save cannot be cancelled", vmm.name(), e);
        }
        try {
            discard();
        } catch (IOException e) {
            LOG.warn("vm {}: its save cannot be removed", vmm.name(), e);
        }
    }
}
