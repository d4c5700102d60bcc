package banger.daemon.vm;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.daemon.config.Settings;
import banger.daemon.engine.Hypervisor;
import banger.daemon.engine.Machine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Makes a machine whose guest waits for its configuration into the VM, and waits until that is ready. */
final class GuestSetup {
    /** Ends what is said of a guest that never got ready. */
    static final String KEPT = "; the VM is kept for you to look at";

    private final VmNetwork network;
    private final VmDisks disks;
    private final SshKeys keys;
    private final Settings settings;

    GuestSetup(VmNetwork network, VmDisks disks, SshKeys keys, Settings settings) {
        this.network = network;
        this.disks = disks;
        this.keys = keys;
        this.settings = settings;
    }

    /** How long a guest on this engine may take to boot. */
    Duration bootLimit(Hypervisor engine) {
        return engine.traits().isolates()
                ? settings.startTimeout()
                : settings.startTimeout().multipliedBy(3);
    }

    /**
     * Sends the configuration as soon as the guest asks for it, and waits until it says that it is ready.
     *
     * @throws VmStart.NotReady when it does not, or the VMM ends
     */
    void configure(Vm vm, VmNetwork.Attachment attachment, GuestFiles files, RunningVm running, Duration limit) {
        var machine = running.machine();
        // Read now: a start that has failed meanwhile may have taken the keys away, and they would be made anew.
        Optional<String> userKey = running.pending().isPresent() ? Optional.empty() : Optional.of(keys.userPublicKey());
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

    private byte[] archive(
            Vm vm, VmNetwork.Attachment attachment, GuestFiles files, Optional<String> userKey, String hostKey) {
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
        if (running.whenStarved().isDone()) throw notReady(vm, VmStart.STARVED);
        throw notReady(
                vm,
                "the VMM ended while the guest booted (" + machine.exit().join().detail() + ")");
    }

    /** Whether the VMM is gone, or goes within a moment. */
    static boolean ended(Machine machine) {
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

    private VmStart.NotReady notReady(Vm vm, String fact) {
        var remedies = new ArrayList<String>();
        var tail = ConsoleLog.lastWords(disks.directory(vm.id()), 5);
        if (!tail.isEmpty()) {
            remedies.add("its console says:");
            tail.forEach(line -> remedies.add("  " + line));
        }
        remedies.add("banger vm logs " + vm.name() + "; banger vm delete " + vm.name());
        return new VmStart.NotReady(
                new BangerException(ErrorCode.VM_NOT_READY, "vm " + vm.name() + ": " + fact + KEPT, remedies));
    }
}
