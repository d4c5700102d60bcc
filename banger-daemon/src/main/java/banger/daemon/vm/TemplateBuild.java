package banger.daemon.vm;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.api.Size;
import banger.api.VmName;
import banger.daemon.config.Settings;
import banger.daemon.engine.BootSpec.Urgency;
import banger.daemon.engine.Engines;
import banger.daemon.engine.Hypervisor;
import banger.daemon.engine.Machine;
import banger.daemon.engine.Memory;
import banger.daemon.guest.Sleep;
import banger.daemon.ops.Failpoint;
import banger.daemon.ops.Undo;
import banger.daemon.progress.Progress;
import banger.daemon.template.Template;
import banger.daemon.template.TemplateKey;
import banger.daemon.template.TemplateStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Makes one template: boots a machine that is nobody's, waits until its init has settled, and saves it. */
final class TemplateBuild {
    /** Of the guest's init, before it is given up (warm.md 12). */
    private static final Duration SETTLES_WITHIN = Duration.ofSeconds(120);

    private static final Duration SHRINKS_WITHIN = Duration.ofMinutes(3);
    /** Of the usual VM; another one's guest is told of the difference. */
    private static final long WORK_BYTES = 8 * Size.GIB;

    private static final VmName NAME = new VmName("template");
    private static final Path SAVED = Path.of("saved");

    private final VmSources sources;
    private final VmNetwork network;
    private final VmDisks disks;
    private final Engines engines;
    private final TemplateStore store;
    private final Settings settings;

    TemplateBuild(
            VmSources sources,
            VmNetwork network,
            VmDisks disks,
            Engines engines,
            TemplateStore store,
            Settings settings) {
        this.sources = sources;
        this.network = network;
        this.disks = disks;
        this.engines = engines;
        this.store = store;
        this.settings = settings;
    }

    /**
     * What it is made for: a VM like any that will continue from it.
     *
     * @param engine as asked for
     */
    record Wish(
            String engine,
            String imageName,
            String imageDigest,
            String kernelName,
            String kernelDigest,
            int vcpu,
            int memoryMib,
            long overlayBytes) {
        static Wish like(Vm vm) {
            return new Wish(
                    vm.engine(),
                    vm.imageName(),
                    vm.imageDigest(),
                    vm.kernelName(),
                    vm.kernelDigest(),
                    vm.vcpu(),
                    vm.memoryMib(),
                    vm.overlayBytes());
        }

        /** A VM that no table knows. */
        Vm vm(VmId id, Subnet subnet) {
            var address = subnet.last();
            return new Vm(
                    id,
                    NAME,
                    VmState.STARTING,
                    "",
                    imageName,
                    imageDigest,
                    kernelName,
                    kernelDigest,
                    vcpu,
                    memoryMib,
                    overlayBytes,
                    overlayBytes,
                    false,
                    engine,
                    address,
                    Subnet.mac(address),
                    3,
                    "",
                    "",
                    true,
                    Instant.now());
        }

        @Override
        public String toString() {
            return imageName + ", " + vcpu + " vcpu, " + Size.human(memoryMib * Size.MIB);
        }
    }

    /**
     * Makes it, in minutes at most.
     *
     * @throws BangerException when it cannot be made, or the thread was interrupted; nothing is left then
     */
    Template make(Wish wish, Urgency urgency, Progress progress) {
        long began = System.nanoTime();
        var vm = wish.vm(VmId.fresh(), network.subnet());
        var files = sources.files(vm);
        var engine = engines.select(wish.engine());
        var subject = "template " + wish;
        progress.doing(subject, "booting", 0, 0);
        try (var undo = new Undo()) {
            var directory = store.begin(vm.id().value());
            undo.add(() -> store.abandon(directory));
            disks.makeIn(directory, wish.overlayBytes(), WORK_BYTES);
            disks.makeShared(directory.resolve(SAVED));
            var attachment = network.attach(vm);
            undo.add(() -> network.detach(vm));
            var running = new RunningVm(vm.id(), NAME, "cold");
            var spec = files.spec(vm, directory, attachment, running)
                    .on(new Memory.Recorded())
                    .with(urgency);
            var machine = engine.boot(spec);
            undo.add(machine::kill);
            running.machine(machine);
            Failpoint.TEMPLATE_BOOTED.pass();
            try {
                prepare(subject, running, engine, progress);
            } catch (BangerException e) {
                // The channel breaks when the VMM ends: then that is the news, not the broken channel.
                if (e.code() == ErrorCode.CANCELLED || !GuestSetup.ended(machine)) throw e;
                throw failed(
                        subject,
                        "the VMM ended while its guest booted ("
                                + machine.exit().join().detail() + ")",
                        List.of(),
                        e);
            }
            progress.doing(subject, "saving", 0, 0);
            var saved = directory.resolve(SAVED);
            Sleep.prepare(machine.control());
            machine.save(saved);
            Failpoint.TEMPLATE_SAVED.pass();
            machine.kill();
            network.detach(vm);
            var template = store.publish(
                    key(vm, files, engine.likeness(), attachment.on()),
                    new Template.About(
                            engine.traits().label(),
                            wish.imageName(),
                            wish.imageDigest(),
                            wish.kernelDigest(),
                            wish.vcpu(),
                            wish.memoryMib(),
                            wish.overlayBytes(),
                            WORK_BYTES,
                            (System.nanoTime() - began) / 1_000_000,
                            Instant.now().toString(),
                            null),
                    Map.of(
                            Template.MEMORY, saved.resolve(Template.MEMORY),
                            Template.STATE, saved.resolve(Template.STATE),
                            Template.OVERLAY, directory.resolve("vdb"),
                            Template.WORK, directory.resolve("vdc")));
            Failpoint.TEMPLATE_PUBLISHED.pass();
            progress.done(
                    subject,
                    "made in {took}, " + Size.human(template.allocated()) + " on disk",
                    (System.nanoTime() - began) / 1_000_000);
            return template;
        } catch (BangerException e) {
            if (e.code() == ErrorCode.CANCELLED || e.code() == ErrorCode.TEMPLATE_FAILED) throw e;
            throw failed(subject, e.fact().replaceFirst("^vm " + NAME + ": ", ""), e.remedies(), e);
        } catch (IOException e) {
            if (Thread.currentThread().isInterrupted())
                throw new BangerException(ErrorCode.CANCELLED, subject + ": cancelled").because(e);
            throw failed(subject, String.valueOf(e.getMessage()), List.of(), e);
        }
    }

    /** Until its guest has nothing more to do and as little as possible in its memory. */
    private void prepare(String subject, RunningVm running, Hypervisor engine, Progress progress) {
        var machine = running.machine();
        var limit = settings.startTimeout().multipliedBy(engine.traits().isolates() ? 1 : 4);
        await(subject, machine, machine.control().hello(), limit);
        running.agent().configure(GuestConfiguration.template(), limit);
        await(subject, machine, CompletableFuture.anyOf(running.whenReady(), running.whenFailed()), limit);
        if (running.whenFailed().isDone())
            throw failed(
                    subject,
                    "its guest could not start: " + running.whenFailed().join(),
                    List.of(),
                    null);
        running.agent().seed(limit);
        progress.doing(subject, "settling", 0, 0);
        running.agent().settle(SETTLES_WITHIN.multipliedBy(engine.traits().isolates() ? 1 : 3));
        progress.doing(subject, "shrinking", 0, 0);
        running.agent().shrink(SHRINKS_WITHIN);
    }

    /** Takes back what a daemon that ended had begun. */
    void sweep() {
        var none = new Wish("", "", "", "", "", 1, 1, 1);
        store.sweep((directory, id) -> {
            Strays.end(directory);
            if (id.matches("[0-9a-f]{12}")) network.detach(none.vm(new VmId(id), network.subnet()));
        });
    }

    /** Of a template that a VM can continue from. */
    static TemplateKey key(Vm vm, VmSources.BootFiles files, String likeness, boolean network) {
        return new TemplateKey(VmSuspend.key(vm, files, likeness, network));
    }

    private static void await(String subject, Machine machine, CompletableFuture<?> what, Duration limit) {
        try {
            CompletableFuture.anyOf(what, machine.exit()).get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BangerException(ErrorCode.CANCELLED, subject + ": cancelled").because(e);
        } catch (TimeoutException e) {
            throw failed(subject, "its guest did not come up within " + limit.toSeconds() + " s", List.of(), e);
        } catch (ExecutionException e) {
            throw failed(subject, String.valueOf(e.getCause()), List.of(), e);
        }
        if (!what.isDone())
            throw failed(
                    subject,
                    "the VMM ended while its guest booted ("
                            + machine.exit().join().detail() + ")",
                    List.of(),
                    null);
    }

    private static BangerException failed(
            String subject, String why, List<String> remedies, @Nullable Exception cause) {
        var all = new ArrayList<>(remedies);
        all.add("banger daemon logs; VMs boot without it");
        var failed = new BangerException(
                ErrorCode.TEMPLATE_FAILED, subject + ": could not be made: " + Printable.line(why), all);
        return cause == null ? failed : failed.because(cause);
    }
}
