package banger.cli.verbs;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.client.Cancel;
import banger.api.model.VmInfo;
import banger.cli.Session;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** A VM of {@code vm run} until its end: it is deleted then, also when we are being ended, or said to run on. */
final class KeepOrDelete implements AutoCloseable {
    /** A daemon takes back what it made within this; it goes on without us. */
    private static final Duration TAKEN_BACK = Duration.ofSeconds(5);

    private final Session session;
    private final VmInfo vm;
    private final String name;
    private boolean delete;
    private boolean settingUp;
    private String unpulled = "rescue";
    private final Thread onExit = new Thread(this::end);
    private boolean done;

    private KeepOrDelete(Session session, VmInfo vm, boolean delete) {
        this.session = session;
        this.vm = vm;
        this.name = vm.name();
        this.delete = delete;
    }

    /**
     * Makes the VM. When we are being ended meanwhile that is cancelled; a VM that was there already by then comes to
     * its end here, so that none is left that nobody was told of.
     */
    static KeepOrDelete of(Session session, boolean delete, Function<Cancel, VmInfo> make) {
        var cancel = new Cancel();
        var settled = new CountDownLatch(1);
        var onExit = new Thread(() -> {
            cancel.now();
            await(settled, TAKEN_BACK);
        });
        Runtime.getRuntime().addShutdownHook(onExit);
        try {
            var made = new KeepOrDelete(session, make.apply(cancel), delete);
            if (!made.watched() || !remove(onExit)) made.end();
            return made;
        } finally {
            boolean over = !remove(onExit);
            settled.countDown();
            // Whatever is told now would be told beside the end.
            if (over) await(new CountDownLatch(1), TAKEN_BACK);
        }
    }

    /** Whether its end will be seen to, or is being by then. */
    private boolean watched() {
        try {
            Runtime.getRuntime().addShutdownHook(onExit);
            return true;
        } catch (IllegalStateException e) {
            return false;
        }
    }

    /** Whether it is not under way already. */
    private static boolean remove(Thread onExit) {
        try {
            Runtime.getRuntime().removeShutdownHook(onExit);
            return true;
        } catch (IllegalStateException e) {
            return false;
        }
    }

    private static void await(CountDownLatch latch, Duration atMost) {
        try {
            boolean _ = latch.await(atMost.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    VmInfo vm() {
        return vm;
    }

    /** What it was made for cannot be had: it goes, asked for or not. */
    synchronized void deleteAfterAll() {
        delete = true;
    }

    /** It is being set up for others: what is in it is nobody's work, and nobody can log in. */
    synchronized void settingUp(boolean yes) {
        settingUp = yes;
    }

    /** It stays, for it is what was looked for. */
    synchronized void keepAfterAll() {
        delete = false;
    }

    /** What was never pulled goes with it. */
    synchronized void discard() {
        unpulled = "discard";
    }

    @Override
    public void close() {
        end();
        // When we are being ended already the hook has run, or waits for this.
        boolean _ = remove(onExit);
    }

    private synchronized void end() {
        if (done) return;
        done = true;
        if (delete) {
            deleteKeepingWork();
            return;
        }
        var look = settingUp ? "banger vm exec " + name + " -- sh" : "banger vm ssh " + name;
        session.terminal().dim("vm " + name + ": still running; " + look + ", or banger vm delete " + name);
    }

    /** The command's status stays the command's, whatever becomes of the VM. */
    private void deleteKeepingWork() {
        try {
            var work = settingUp ? "discard" : unpulled;
            session.daemon().operation("DELETE", "/v1/vms/" + name + "?" + work + "=1", VmInfo.class, session.events());
            session.terminal().dim("vm " + name + ": deleted");
        } catch (BangerException e) {
            if (e.code() != ErrorCode.WORKSPACE_UNPULLED) throw e;
            session.terminal().error(e.fact(), e.remedies());
        }
    }
}
