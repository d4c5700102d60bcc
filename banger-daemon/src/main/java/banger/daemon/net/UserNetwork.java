package banger.daemon.net;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.Owner;
import banger.daemon.engine.BootSpec;
import banger.daemon.engine.ProcessRef;
import banger.daemon.process.CommandRunner;
import banger.daemon.vm.Subnet;
import banger.daemon.vm.Vm;
import banger.daemon.vm.VmNetwork;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The user-mode network. Nothing of it is started before the first VM needs it; whatever of it died is
 * started again when it is needed next, and pasta as soon as its death is seen.
 */
public final class UserNetwork implements VmNetwork, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(UserNetwork.class);
    private static final Duration HELPER_DEADLINE = Duration.ofSeconds(20);
    private static final Duration UPLINK_DEADLINE = Duration.ofSeconds(10);
    private static final Duration WATCH_INTERVAL = Duration.ofSeconds(5);
    private static final int MOST_ADDRESSES = 1000;

    /**
     * Where everything is.
     *
     * @param directory ours alone, below the run directory
     * @param helper the command that starts the network helper
     * @param build of the helper that belongs to this daemon
     * @param tun the device that taps are made of
     */
    public record Place(
            Path directory,
            Path shim,
            List<String> helper,
            String build,
            String bridge,
            Subnet subnet,
            String resolver,
            Path tun) {
        public Place {
            helper = List.copyOf(helper);
        }
    }

    private final Place place;
    private final Owner owner;
    private final HostLinks host;
    private final Holder holder;
    private final Sidecar helper;
    private final Uplink uplink;
    private final NetClient client;
    private final ReentrantLock lock = new ReentrantLock();

    /** The holder in whose namespace this daemon has seen bridge and rules. */
    private Optional<ProcessRef> setUp = Optional.empty();

    private Set<String> toldAddresses = Set.of();
    private Optional<Thread> watcher = Optional.empty();

    public UserNetwork(Place place, Owner owner, HostLinks host, CommandRunner commands) {
        this.place = place;
        this.owner = owner;
        this.host = host;
        this.holder = new Holder(place.directory.resolve("holder"), place.shim, commands, owner.vmUid());
        this.helper = new Sidecar(place.directory.resolve("helper"), place.shim, commands);
        this.uplink = new Uplink(
                new Sidecar(place.directory.resolve("pasta"), place.shim, commands),
                host,
                place.resolver,
                owner.uid() == 0);
        this.client = new NetClient(place.directory.resolve("net.sock"));
    }

    /** Why there is no network; empty: there is one, and it is up. */
    public Optional<NetworkUnavailable> unavailable() {
        return locked(() -> {
            var missing = Prerequisites.missing(place.tun);
            if (missing.isPresent()) return missing;
            try {
                ready();
                return Optional.<NetworkUnavailable>empty();
            } catch (Refused e) {
                return Optional.of(unavailable(e));
            }
        });
    }

    @Override
    public Attachment attach(Vm vm) {
        return locked(() -> {
            var unavailable = unavailable();
            if (unavailable.isPresent()) return without(vm, unavailable.get());
            String tap;
            try {
                tap = ask(vm, "attach " + vm.id() + " " + vm.mac() + " " + vm.address())
                        .getFirst();
                if (vm.nat()) natOn(vm);
            } catch (BangerException e) {
                takeBack(vm, e);
                throw e;
            }
            var placement = new BootSpec.Placement(
                    holder.find(), owner.vmUid().map(_ -> Owner.NAMESPACE_UID), Optional.of(tap));
            return new Attachment(placement, "user", List.of());
        });
    }

    /** Undoes an attach that failed or was cancelled half-way. */
    private void takeBack(Vm vm, BangerException first) {
        boolean interrupted = Thread.interrupted();
        try {
            detach(vm);
        } catch (BangerException e) {
            first.addSuppressed(e);
        } finally {
            if (interrupted) Thread.currentThread().interrupt();
        }
    }

    @Override
    public void detach(Vm vm) {
        locked(() -> {
            // Without a namespace there is no tap in it.
            if (holder.find().isEmpty()) return Optional.empty();
            ask(vm, "detach " + vm.id());
            endUnusedUplink(vm);
            return Optional.empty();
        });
    }

    @Override
    public void nat(Vm vm, boolean on) {
        locked(() -> {
            if (!on) {
                if (holder.find().isEmpty()) return Optional.empty();
                ask(vm, "nat " + vm.id() + " off");
                endUnusedUplink(vm);
                return Optional.empty();
            }
            unavailable().ifPresent(u -> {
                throw refusal(vm, u);
            });
            natOn(vm);
            return Optional.empty();
        });
    }

    @Override
    public Subnet subnet() {
        return place.subnet;
    }

    /** Takes up the watch over a way out that an earlier daemon made. */
    public void start() {
        if (holder.find().isPresent() && uplink.alive()) watch();
    }

    /** Lets go: VMs keep their network. */
    @Override
    public void close() {
        locked(() -> {
            watcher.ifPresent(Thread::interrupt);
            watcher = Optional.empty();
            return Optional.empty();
        });
    }

    /** Ends holder, helper and pasta. Only for when no VM runs: it would lose its network. */
    public void dismantle() {
        locked(() -> {
            close();
            uplink.end();
            helper.end();
            holder.end();
            setUp = Optional.empty();
            return Optional.empty();
        });
    }

    private Attachment without(Vm vm, NetworkUnavailable why) {
        if (vm.nat()) throw refusal(vm, why);
        return new Attachment(
                new BootSpec.Placement(Optional.empty(), owner.vmUid(), Optional.empty()),
                "off (" + why.reason() + ")",
                why.remedies());
    }

    private static BangerException refusal(Vm vm, NetworkUnavailable why) {
        return new BangerException(
                ErrorCode.NETWORK_UNAVAILABLE,
                "vm " + vm.name() + ": no network on this host: " + why.reason(),
                why.remedies());
    }

    private static NetworkUnavailable unavailable(Refused e) {
        return switch (e.code()) {
            case "tap", "bridge", "rules", "tool-missing", "helper", "protocol", "bad-request", "exec" ->
                new NetworkUnavailable(e.text(), "banger doctor");
            default -> Prerequisites.noNamespace(e);
        };
    }

    /** Holder, helper, bridge and rules are there when this returns. */
    private ProcessRef ready() throws Refused {
        var found = holder.find();
        if (found.isPresent() && found.equals(setUp) && helper.alive()) return found.get();
        if (found.isEmpty()) {
            // What belonged to a namespace that is gone would be in the way.
            uplink.end();
            helper.end();
            found = Optional.of(holder.start());
        }
        var reference = found.get();
        if (!helper.alive() || !speaksOurLanguage()) startHelper(reference);
        try {
            client.ask("setup " + place.bridge + " " + place.subnet.withPrefix(place.subnet.gateway()));
        } catch (IOException e) {
            throw new Refused("helper", "the network helper cannot be reached: " + e.getMessage());
        }
        setUp = Optional.of(reference);
        toldAddresses = Set.of();
        return reference;
    }

    private void startHelper(ProcessRef reference) throws Refused {
        helper.end();
        var program = new ArrayList<>(
                List.of(place.shim.toString(), "enter", "--holder", reference.toString(), "--caps", "net_admin", "--"));
        program.addAll(place.helper);
        program.addAll(List.of(
                "--socket",
                place.directory.resolve("net.sock").toString(),
                "--tap-uid",
                Integer.toString(owner.vmUid().map(_ -> Owner.NAMESPACE_UID).orElse(0))));
        helper.start(reference, program);
        if (!Waiting.until(HELPER_DEADLINE, () -> speaksOurLanguage() || !helper.alive()) || !helper.alive())
            throw new Refused(
                    "helper",
                    "the network helper did not start"
                            + helper.explanation().map(w -> ": " + w).orElse(""));
    }

    /** A helper of another build goes when a newer daemon comes; it holds nothing that could be lost. */
    private boolean speaksOurLanguage() {
        try {
            return client.ask("hello 1").equals(List.of("1", place.build));
        } catch (IOException | Refused e) {
            return false;
        }
    }

    /** Asks; when the helper died in the meantime, another one is asked. Every request may be repeated. */
    private List<String> ask(Vm vm, String request) {
        try {
            ready();
            try {
                return client.ask(request);
            } catch (IOException e) {
                LOG.info("network helper: {}; started again", e.getMessage());
                setUp = Optional.empty();
                ready();
                return client.ask(request);
            }
        } catch (Refused e) {
            throw failed(vm, e.text()).because(e);
        } catch (IOException e) {
            throw failed(vm, "the network helper cannot be reached").because(e);
        }
    }

    private static BangerException failed(Vm vm, String what) {
        return new BangerException(ErrorCode.NETWORK_FAILED, "vm " + vm.name() + ": network: " + what, "banger doctor");
    }

    private void natOn(Vm vm) {
        ensureUplink(vm);
        tellAddresses(vm);
        ask(vm, "nat " + vm.id() + " on");
        watch();
    }

    private void ensureUplink(Vm vm) {
        if (uplink.alive() && hasUplink(vm)) return;
        uplink.end();
        try {
            uplink.start(ready());
        } catch (Refused e) {
            throw failed(vm, e.text()).because(e);
        }
        if (!Waiting.until(UPLINK_DEADLINE, () -> hasUplink(vm) || !uplink.alive()) || !uplink.alive()) {
            var words = uplink.lastWords();
            uplink.end();
            throw new BangerException(
                    ErrorCode.NETWORK_FAILED,
                    "vm " + vm.name() + ": nat: pasta did not start" + (words.isEmpty() ? "" : ": " + words),
                    "ip -4 route",
                    "banger doctor");
        }
    }

    private boolean hasUplink(Vm vm) {
        return !ask(vm, "uplink").equals(List.of("-"));
    }

    private void tellAddresses(Vm vm) {
        var now = host.addresses();
        if (now.equals(toldAddresses)) return;
        if (now.size() > MOST_ADDRESSES)
            throw failed(vm, now.size() + " addresses on this host: more than can be kept from guests");
        ask(vm, ("host-addresses " + String.join(" ", now)).strip());
        toldAddresses = Set.copyOf(now);
    }

    private void endUnusedUplink(Vm vm) {
        if (uplink.alive() && ask(vm, "list-nat").isEmpty()) uplink.end();
    }

    /** While there is a way out, somebody looks after it: guests use it without asking us. */
    private void watch() {
        if (watcher.filter(Thread::isAlive).isPresent()) return;
        watcher = Optional.of(Thread.ofVirtual().name("network").start(this::keepWatch));
    }

    private void keepWatch() {
        try {
            do Thread.sleep(WATCH_INTERVAL);
            while (locked(this::tend));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Mends the way out and tells changed addresses; false when nobody needs either any more. */
    boolean tend() {
        try {
            if (holder.find().isEmpty()) return false;
            ready();
            if (client.ask("list-nat").isEmpty()) return false;
            var now = host.addresses();
            if (!now.equals(toldAddresses) && now.size() <= MOST_ADDRESSES) {
                client.ask(("host-addresses " + String.join(" ", now)).strip());
                toldAddresses = Set.copyOf(now);
            }
            if (!uplink.alive()) {
                LOG.warn("pasta ended ({}); started again", uplink.lastWords());
                uplink.end();
                uplink.start(ready());
            }
        } catch (Refused | IOException | BangerException e) {
            if (e instanceof BangerException b && b.code() == ErrorCode.CANCELLED) return false;
            LOG.warn("network: {}; tried again in {} s", e.getMessage(), WATCH_INTERVAL.toSeconds());
        }
        return true;
    }

    private <T> T locked(java.util.function.Supplier<T> action) {
        lock.lock();
        try {
            return action.get();
        } finally {
            lock.unlock();
        }
    }
}
