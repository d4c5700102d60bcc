package banger.daemon.vm;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Layout;
import banger.api.Printable;
import banger.api.Size;
import banger.daemon.config.Settings;
import banger.daemon.engine.SealedMemory;
import banger.daemon.guest.Sleep;
import banger.daemon.ops.Failpoint;
import banger.daemon.progress.Progress;
import banger.daemon.template.Template;
import banger.daemon.template.TemplateStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Machines in which a repository's dependencies were installed, saved for VMs to continue from. Thread-safe. */
public final class Environments {
    private static final Logger LOG = LoggerFactory.getLogger(Environments.class);

    /** What a command has started in the background may never come to rest: then it is saved as it is. */
    private static final Duration SETTLES_WITHIN = Duration.ofSeconds(30);

    private static final Duration SHRINKS_WITHIN = Duration.ofMinutes(3);
    private static final Duration QUITS_WITHIN = Duration.ofSeconds(15);
    private static final int SHOWN = 12;

    private final TemplateStore store;
    private final Layout layout;
    private final VmTable table;
    private final VmDisks disks;
    private final Machines machines;
    private final SavedWorkspaces workspaces;
    private final UnpulledWork work;
    private final SealedMemory memories;
    private final Settings settings;
    private final VmLifecycle lifecycle;

    Environments(
            TemplateStore store,
            Layout layout,
            VmTable table,
            VmDisks disks,
            Machines machines,
            SavedWorkspaces workspaces,
            UnpulledWork work,
            SealedMemory memories,
            Settings settings,
            VmLifecycle lifecycle) {
        this.store = store;
        this.layout = layout;
        this.table = table;
        this.disks = disks;
        this.machines = machines;
        this.workspaces = workspaces;
        this.work = work;
        this.memories = memories;
        this.settings = settings;
        this.lifecycle = lifecycle;
    }

    /** Takes back what an earlier daemon had begun. */
    public void start() {
        store.sweep((directory, id) -> {});
    }

    /**
     * Saves a VM that was set up. Its machine ends; the VM is as new then.
     *
     * @param start whether it continues from what was saved
     * @throws BangerException when it was not booted for that, or cannot be saved: then it runs on
     */
    public Vm save(Vm vm, boolean start, Progress progress) {
        try (var _ = lifecycle.locks().hold(vm.id())) {
            var now = lifecycle.current(vm);
            var running = machines.require(now);
            var pending = running.pending().orElseThrow(() -> notPending(now));
            var template = saved(now, running, pending, progress);
            renewed(now, running);
            evict(template);
            if (start) lifecycle.continueFrom(now, pending.spec(), progress);
            return lifecycle.current(now);
        }
    }

    private static BangerException notPending(Vm vm) {
        return new BangerException(
                ErrorCode.ENVIRONMENT_FAILED,
                "vm " + vm.name() + ": was not booted to become an environment, or bangerd was restarted since",
                "banger env build PATH; banger vm delete " + vm.name());
    }

    private Template saved(Vm vm, RunningVm running, PendingEnvironment pending, Progress progress) {
        long began = System.nanoTime();
        var subject = "environment " + pending.key().digest().substring(0, SHOWN);
        disks.requireRoom(
                vm,
                vm.memoryMib() * Size.MIB,
                "environment " + vm.name() + ": it",
                "banger env prune and banger vm prune");
        progress.doing(subject, "settling", 0, 0);
        var agent = running.agent();
        agent.quit(QUITS_WITHIN);
        try {
            agent.settle(SETTLES_WITHIN);
        } catch (BangerException e) {
            if (e.code() == ErrorCode.CANCELLED) throw e;
            LOG.info("{}: saved though {}", subject, e.fact());
        }
        progress.doing(subject, "shrinking", 0, 0);
        agent.shrink(SHRINKS_WITHIN);
        work.seen(vm, running);
        progress.doing(subject, "saving", 0, 0);
        var directory = disks.captured(vm);
        disks.makeShared(directory);
        try {
            Sleep.prepare(running.machine().control());
            running.machine().save(directory);
            Failpoint.ENVIRONMENT_SAVED.pass();
            var template = publish(vm, directory, pending);
            Failpoint.ENVIRONMENT_PUBLISHED.pass();
            progress.done(
                    subject,
                    "saved in {took}, " + Size.human(template.allocated()) + " on disk",
                    (System.nanoTime() - began) / 1_000_000);
            return template;
        } catch (IOException | BangerException e) {
            throw runsOn(vm, running, directory, e);
        }
    }

    private Template publish(Vm vm, Path saved, PendingEnvironment pending) throws IOException {
        var files = disks.directory(vm.id());
        var packed = saved.resolve(Template.WORKSPACES);
        workspaces.pack(vm.id(), packed);
        var parts = new HashMap<>(Map.of(
                Template.MEMORY, saved.resolve(Template.MEMORY),
                Template.STATE, saved.resolve(Template.STATE),
                Template.OVERLAY, files.overlay(),
                Template.WORK, files.workDisk(),
                Template.WORKSPACES, packed));
        var log = layout.setupLog(vm.id().value());
        if (Files.isRegularFile(log)) parts.put(Template.LOG, log);
        var spec = pending.spec();
        return store.publish(
                pending.key(),
                new Template.About(
                        pending.engine(),
                        vm.imageName(),
                        vm.imageDigest(),
                        vm.kernelDigest(),
                        vm.vcpu(),
                        vm.memoryMib(),
                        vm.overlayBytes(),
                        vm.diskBytes(),
                        (System.nanoTime() - pending.began()) / 1_000_000,
                        Instant.now().toString(),
                        new Template.Setup(spec.repository(), spec.guestPath(), spec.setup(), spec.files(), vm.nat())),
                parts);
    }

    /** The VM as it was before its first start. */
    private void renewed(Vm vm, RunningVm running) {
        table.state(vm.id(), VmState.STOPPING, "");
        machines.take(running);
        lifecycle.stopper().end(vm, running);
        lifecycle.stopper().release(vm);
        disks.removeShared(vm, disks.captured(vm));
        disks.makeAgain(vm);
        workspaces.remove(vm.id());
        table.workspace(vm.id(), "");
        try {
            Files.deleteIfExists(layout.setupLog(vm.id().value()));
        } catch (IOException e) {
            LOG.warn("{} cannot be removed", layout.setupLog(vm.id().value()), e);
        }
        table.state(vm.id(), VmState.CREATED, "");
    }

    private BangerException runsOn(Vm vm, RunningVm running, Path directory, Exception cause) {
        disks.removeShared(vm, directory);
        try {
            running.machine().wake(Sleep.Kind.CONTINUE);
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
        return cause instanceof BangerException told ? told : failed(vm, (IOException) cause);
    }

    private static BangerException failed(Vm vm, IOException e) {
        boolean full = String.valueOf(e.getMessage()).contains("No space left");
        return new BangerException(
                        full ? ErrorCode.HOST_DISK_FULL : ErrorCode.ENVIRONMENT_FAILED,
                        "environment " + vm.name() + ": could not be saved: "
                                + Printable.line(String.valueOf(e.getMessage())),
                        full ? "make room, then again; banger env prune" : "banger daemon logs")
                .because(e);
    }

    /** Those that there is no room for beside the newest. */
    private void evict(Template newest) {
        memories.release(newest.memory());
        for (var old : store.beyond(settings.environmentBudget()))
            if (!old.digest().equals(newest.digest())) {
                LOG.info("environment {}: the longest unused, removed for want of room", old.digest());
                remove(old);
            }
    }

    /** The latest used first. */
    public List<Template> list() {
        return store.list();
    }

    /** @throws BangerException {@code environment.not-found}, also when the beginning is that of more than one */
    public Template require(String prefix) {
        return store.require(prefix, "environment", "banger env list", ErrorCode.ENVIRONMENT_NOT_FOUND);
    }

    /** VMs that continued from it run on. */
    public void remove(Template environment) {
        store.remove(environment.digest());
        memories.release(environment.memory());
    }

    /** What was done in it; absent in a template only. */
    public static Template.Setup setup(Template environment) {
        return Optional.ofNullable(environment.manifest().about().setup()).orElseThrow();
    }
}
