package banger.daemon.engine;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.HostBoot;
import banger.daemon.guest.Control;
import banger.daemon.progress.Progress;
import banger.daemon.publish.Fetching;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** An engine whose guests are objects: they speak the guest's protocol and do what a test tells them. */
public final class FakeHypervisor implements Hypervisor, Engines {
    private static final String LABEL = "fake";
    /** Beyond every number a Linux process can have: whatever is sent to it reaches nobody. */
    private static final long NO_PROCESS = 1L << 40;

    /** How a boot goes. */
    public enum Boot {
        READY,
        /** The VMM does not start. */
        REFUSED,
        /** The VMM ends while the guest boots. */
        DIES,
        /** The guest says that it cannot go on. */
        FAILS,
        /** The guest never says anything; {@link FakeGuest#say} may. */
        SILENT,
        /** The guest answers nothing at all, not even after a load. */
        DEAF,
        /** The guest takes no configuration. */
        STUBBORN
    }

    private final Queue<Boot> plans = new ConcurrentLinkedQueue<>();
    private final Map<Long, FakeGuest> guests = new ConcurrentHashMap<>();
    private volatile String likeness = "fake 1";
    private volatile boolean layers;
    private final AtomicInteger boots = new AtomicInteger();

    /** From now on its machines can have disks that are layers. */
    public void layers() {
        layers = true;
    }

    /** How the next boots go, in order; READY after that. */
    public void plan(Boot... next) {
        for (var boot : next) plans.add(boot);
    }

    /** The guest of this name that runs now. */
    public Optional<FakeGuest> guest(String name) {
        return guests.values().stream()
                .filter(g -> g.name().equals(name) && g.alive())
                .findFirst();
    }

    @Override
    public void ensure(String wanted, Fetching fetching, Progress progress) {}

    public long running() {
        return guests.values().stream().filter(FakeGuest::alive).count();
    }

    public int boots() {
        return boots.get();
    }

    @Override
    public Traits traits() {
        return new Traits(LABEL, true, false, layers);
    }

    @Override
    public Machine boot(BootSpec spec) {
        var plan = Optional.ofNullable(plans.poll()).orElse(Boot.READY);
        if (plan == Boot.REFUSED)
            throw new BangerException(ErrorCode.VM_START_FAILED, "vm " + spec.name() + ": FAKE did not start: no luck");
        long number = NO_PROCESS + boots.incrementAndGet();
        var guest = new FakeGuest(spec.name(), plan);
        guest.has(spec.disks());
        guests.put(number, guest);
        return guest.attach(ref(number, spec.network()), spec.listener(), spec.directory(), spec.memory());
    }

    private MachineRef ref(long number, String network) {
        var process = new ProcessRef(number, 1).toString();
        return new MachineRef(HostBoot.id(), LABEL, process, process, network, "cold", 0, likeness, "fake");
    }

    /** The host is another from now on, as far as saved states can tell. */
    public void become(String other) {
        likeness = other;
    }

    @Override
    public String likeness() {
        return likeness;
    }

    @Override
    public Machine restore(BootSpec spec, Path saved) {
        var plan = Optional.ofNullable(plans.poll()).orElse(Boot.READY);
        if (plan == Boot.REFUSED)
            throw new BangerException(ErrorCode.VM_START_FAILED, "vm " + spec.name() + ": FAKE did not start: no luck");
        try {
            long number = NO_PROCESS + boots.incrementAndGet();
            var guest = FakeGuest.restored(spec.name(), Files.readString(saved.resolve("state")), plan);
            guest.has(spec.disks());
            var memory = spec.memory();
            if (memory instanceof Memory.Mapped mapped) Files.readString(mapped.file());
            guests.put(number, guest);
            return guest.attach(
                    ref(number, spec.network()).resumed(),
                    spec.listener(),
                    spec.directory(),
                    memory instanceof Memory.Mapped ? new Memory.Own() : memory);
        } catch (IOException e) {
            throw new BangerException(
                            ErrorCode.VM_START_FAILED, "vm " + spec.name() + ": FAKE did not start: " + e.getMessage())
                    .because(e);
        }
    }

    @Override
    public Optional<Machine> reattach(String name, Path directory, MachineRef ref, Control.Listener listener) {
        if (!ref.bootId().equals(HostBoot.id())) return Optional.empty();
        return Optional.ofNullable(guests.get(ref.vmmProcess().pid()))
                .filter(FakeGuest::alive)
                .map(g -> g.attach(ref, listener, directory, new Memory.Own()));
    }

    @Override
    public Hypervisor select(String wanted) {
        if (!wanted.equals("auto") && !wanted.equals(LABEL))
            throw new BangerException(ErrorCode.ENGINE_UNAVAILABLE, "engine " + wanted + ": not here");
        return this;
    }

    @Override
    public Hypervisor selectLayered(String wanted) {
        return select(wanted);
    }

    @Override
    public Hypervisor byLabel(String label) {
        return this;
    }

    @Override
    public String note(String wanted) {
        return "";
    }
}
