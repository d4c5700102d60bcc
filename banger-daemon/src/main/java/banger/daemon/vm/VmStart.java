package banger.daemon.vm;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.daemon.DurableFiles;
import banger.daemon.config.Settings;
import banger.daemon.engine.BootSpec;
import banger.daemon.engine.BootSpec.Link;
import banger.daemon.engine.Engines;
import banger.daemon.engine.Hypervisor;
import banger.daemon.engine.Machine;
import banger.daemon.engine.MachineRef;
import banger.daemon.guest.Sleep;
import banger.daemon.ops.Both;
import banger.daemon.ops.Failpoint;
import banger.daemon.ops.Laps;
import banger.daemon.ops.Undo;
import banger.daemon.progress.Progress;
import banger.daemon.userfiles.UserFiles;
import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Boots a VM: from its record to a guest that is ready. The caller holds the VM's lock. */
final class VmStart {
    private static final Logger LOG = LoggerFactory.getLogger(VmStart.class);

    /** Said of a machine that its engine has stopped. */
    static final String STARVED = "the disk of this host is full, its guest waits for room";

    private final VmSources sources;
    private final VmNetwork network;
    private final VmDisks disks;
    private final Engines engines;
    private final SshKeys keys;
    private final UserFiles userFiles;
    private final Settings settings;

    VmStart(
            VmSources sources,
            VmNetwork network,
            VmDisks disks,
            Engines engines,
            SshKeys keys,
            UserFiles userFiles,
            Settings settings) {
        this.sources = sources;
        this.network = network;
        this.disks = disks;
        this.engines = engines;
        this.keys = keys;
        this.userFiles = userFiles;
        this.settings = settings;
    }

    /** The guest never became ready; the VM is kept for a look. */
    static final class NotReady extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final transient BangerException told;

        NotReady(BangerException told) {
            super(told);
            this.told = told;
        }

        BangerException told() {
            return told;
        }
    }

    /**
     * @return the running VM, ready
     * @throws NotReady when the machine ran but its guest did not come up; nothing runs any more
     * @throws BangerException when it never ran, or the caller was interrupted; nothing runs any more
     */
    RunningVm boot(Vm vm, Progress progress) {
        long began = System.nanoTime();
        var laps = new Laps();
        var files = sources.files(vm);
        var engine = engines.select(vm.engine());
        progress.doing("vm " + vm.name(), "starting", 0, 0);
        laps.end("files");
        try (var undo = new Undo()) {
            undo.add(() -> network.detach(vm));
            // Both run programs of this host and wait for them.
            var both = Both.of(
                    () -> network.attach(vm),
                    () -> new GuestFiles(userFiles.find(w -> progress.warn("vm " + vm.name() + ": " + w))));
            var attachment = both.first();
            var personal = both.second();
            laps.end("network");
            if (!attachment.on())
                progress.note("network: " + attachment.label()
                        + attachment.remedies().stream()
                                .findFirst()
                                .map(r -> "; " + r)
                                .orElse(""));
            Failpoint.START_NETWORK.pass();
            var running = new RunningVm(vm.id(), vm.name());
            var machine = engine.boot(spec(vm, files, attachment, running));
            undo.add(machine::kill);
            laps.end("vmm");
            running.machine(machine);
            warnUnconfined(machine, progress);
            Failpoint.START_VMM_SPAWNED.pass();
            record(vm, machine.ref());
            undo.add(() -> forget(vm));
            Failpoint.START_RECORDED.pass();
            progress.doing("vm " + vm.name(), "booting", 0, 0);
            configure(vm, attachment, personal, running, engine);
            laps.end("guest");
            Failpoint.START_CONFIGURED.pass();
            long millis = (System.nanoTime() - began) / 1_000_000;
            record(vm, machine.ref().ready(millis));
            progress.done("vm " + vm.name(), "ready in {took} (cold boot)", millis);
            LOG.info("vm {}: ready after {}", vm.name(), laps);
            undo.commit();
            return running;
        }
    }

    private static void warnUnconfined(Machine machine, Progress progress) {
        Optional.ofNullable(machine.ref().confinement())
                .filter(c -> c.startsWith("off"))
                .ifPresent(c -> progress.note("confinement: " + c + "; banger doctor"));
    }

    /**
     * Continues a suspended VM; its state is used up from the moment that it runs.
     *
     * @throws BangerException {@code vm.saved-unfit} and others; nothing runs then
     */
    RunningVm resume(Vm vm, Progress progress) {
        long began = System.nanoTime();
        var laps = new Laps();
        var files = sources.files(vm);
        var saved = disks.saved(vm);
        var manifest = saved.checked();
        var engine = engines.select(manifest.engine().split("/")[0]);
        if (!engine.traits().label().equals(manifest.engine()))
            throw saved.unfit("was saved by " + manifest.engine() + ", here is "
                    + engine.traits().label());
        progress.doing("vm " + vm.name(), "continuing", 0, 0);
        laps.end("files");
        try (var undo = new Undo()) {
            var attachment = network.attach(vm);
            undo.add(() -> network.detach(vm));
            laps.end("network");
            var key = VmSuspend.key(vm, files, engine.likeness(), attachment.on());
            for (var entry : manifest.key().entrySet())
                if (!entry.getValue().equals(key.get(entry.getKey())))
                    throw saved.unfit("its saved memory does not fit any more (" + entry.getKey() + ": was "
                            + entry.getValue() + ", is " + key.get(entry.getKey()) + ")");
            var running = new RunningVm(vm.id(), vm.name());
            var machine = engine.restore(spec(vm, files, attachment, running), saved.path());
            undo.add(machine::kill);
            laps.end("vmm");
            running.machine(machine);
            warnUnconfined(machine, progress);
            record(vm, machine.ref());
            undo.add(() -> forget(vm));
            Failpoint.RESUME_LOADED.pass();
            saved.consume();
            Failpoint.RESUME_MARKED.pass();
            laps.end("records");
            wake(vm, machine);
            laps.end("guest");
            Failpoint.RESUME_CONTINUED.pass();
            long millis = (System.nanoTime() - began) / 1_000_000;
            record(vm, machine.ref().ready(millis));
            progress.done("vm " + vm.name(), "continued in {took}", millis);
            LOG.info("vm {}: continued after {}", vm.name(), laps);
            undo.commit();
            saved.discard();
            return running;
        }
    }

    private static void wake(Vm vm, Machine machine) {
        try {
            machine.wake(Sleep.Kind.RESUME);
        } catch (IOException e) {
            throw new BangerException(
                            ErrorCode.VM_NOT_READY,
                            "vm " + vm.name() + ": its memory was loaded, but its guest did not go on: "
                                    + Printable.line(String.valueOf(e.getMessage())) + "; its disks are whole",
                            "banger vm start " + vm.name() + " boots it anew")
                    .because(e);
        }
    }

    private BootSpec spec(Vm vm, VmSources.BootFiles files, VmNetwork.Attachment attachment, RunningVm running) {
        return new BootSpec(
                vm.name().value(),
                disks.directory(vm.id()).state(),
                List.of(
                        new Link(files.rootfs(), "vda"),
                        new Link(files.modules(), "vdd"),
                        new Link(files.vmlinux(), "kernel"),
                        new Link(files.initrd(), "initrd")),
                files.commandLine(),
                vm.vcpu(),
                vm.memoryMib(),
                vm.mac(),
                vm.cid(),
                attachment.placement(),
                attachment.label(),
                running);
    }

    /** Sends the configuration while the guest boots, and waits until it says that it is ready. */
    private void configure(
            Vm vm, VmNetwork.Attachment attachment, GuestFiles files, RunningVm running, Hypervisor engine) {
        var limit = engine.traits().isolates()
                ? settings.startTimeout()
                : settings.startTimeout().multipliedBy(3);
        var machine = running.machine();
        // Read now: a start that has failed meanwhile may have taken the keys away, and they would be made anew.
        var userKey = keys.userPublicKey();
        var hostKey = keys.hostPrivateKey(vm.id());
        var configured = new CompletableFuture<Void>();
        Thread.ofVirtual().name("configure-" + vm.name()).start(() -> {
            try {
                // The archive carries the time of day: made when the guest is there to set its clock by it.
                machine.control().hello().join();
                running.agent().configure(archive(vm, attachment, files, userKey, hostKey), limit);
                configured.complete(null);
            } catch (CompletionException e) {
                configured.completeExceptionally(new BangerException(
                        ErrorCode.GUEST_PROTOCOL,
                        "vm " + vm.name() + ": " + Printable.line(String.valueOf(e.getCause()))));
            } catch (BangerException e) {
                configured.completeExceptionally(e);
            }
        });
        await(vm, running, machine, configured, limit);
        files.sendRest(running.agent(), limit);
    }

    private byte[] archive(Vm vm, VmNetwork.Attachment attachment, GuestFiles files, String userKey, String hostKey) {
        return GuestConfiguration.of(
                vm,
                attachment.on() ? Optional.of(network.subnet()) : Optional.empty(),
                settings.dns(),
                userKey,
                hostKey,
                files);
    }

    private void await(Vm vm, RunningVm running, Machine machine, CompletableFuture<Void> configured, Duration limit) {
        var refused = new CompletableFuture<Void>();
        configured.whenComplete((ok, error) -> {
            if (error != null) refused.completeExceptionally(error);
        });
        try {
            CompletableFuture.anyOf(
                            running.whenReady(), running.whenFailed(), running.whenStarved(), machine.exit(), refused)
                    .get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BangerException(ErrorCode.CANCELLED, "vm " + vm.name() + ": start cancelled").because(e);
        } catch (TimeoutException e) {
            throw notReady(vm, "the guest did not come up within " + limit.toSeconds() + " s");
        } catch (ExecutionException e) {
            // The channel breaks when the VMM ends: then that is the news, not the broken channel.
            if (!ended(machine)) throw notReady(vm, String.valueOf(e.getCause()).replaceFirst(".*?: vm [^:]*: ", ""));
        }
        if (running.whenFailed().isDone())
            throw notReady(
                    vm, "the guest could not start: " + running.whenFailed().join());
        if (running.whenReady().isDone()) return;
        if (running.whenStarved().isDone()) throw notReady(vm, STARVED);
        throw notReady(
                vm,
                "the VMM ended while the guest booted (" + machine.exit().join().detail() + ")");
    }

    /** Whether the VMM is gone, or goes within a moment. */
    private static boolean ended(Machine machine) {
        try {
            machine.exit().get(2, TimeUnit.SECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException e) {
            return true;
        }
    }

    private NotReady notReady(Vm vm, String fact) {
        var remedies = new java.util.ArrayList<String>();
        var tail = ConsoleLog.tail(disks.directory(vm.id()), 5);
        if (!tail.isEmpty()) {
            remedies.add("last lines of its console:");
            tail.forEach(line -> remedies.add("  " + line));
        }
        remedies.add("banger vm logs " + vm.name() + "; banger vm delete " + vm.name());
        return new NotReady(new BangerException(
                ErrorCode.VM_NOT_READY,
                "vm " + vm.name() + ": " + fact + "; the VM is kept for you to look at",
                remedies));
    }

    private void record(Vm vm, MachineRef ref) {
        var json = Jsonb.instance().type(MachineRef.class).toJson(ref);
        DurableFiles.write(disks.directory(vm.id()).machine(), json.getBytes(StandardCharsets.UTF_8), "rw-------");
    }

    private void forget(Vm vm) {
        try {
            java.nio.file.Files.deleteIfExists(disks.directory(vm.id()).machine());
        } catch (IOException e) {
            throw DurableFiles.failure(disks.directory(vm.id()).machine(), e);
        }
    }
}
