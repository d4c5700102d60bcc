package banger.daemon.engine.firecracker;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.engine.BootSpec;
import banger.daemon.engine.HostCpu;
import banger.daemon.engine.Hypervisor;
import banger.daemon.engine.Machine;
import banger.daemon.engine.MachineRef;
import banger.daemon.engine.Memory;
import banger.daemon.engine.Shim;
import banger.daemon.engine.Sight;
import banger.daemon.engine.Signals;
import banger.daemon.engine.Traits;
import banger.daemon.engine.Vmm;
import banger.daemon.engine.firecracker.FirecrackerMachine.Halted;
import banger.daemon.guest.Control;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Firecracker: configured and started by calls to its API, one process a machine. Needs a KVM that works. */
public final class FirecrackerHypervisor implements Hypervisor {
    public static final String LABEL = "firecracker";

    /** Of {@link BootCalls}: raised when a machine saved before would not find itself again. */
    private static final int SKELETON = 1;

    /** Files of a saved machine. */
    static final String STATE = "state";

    static final String MEMORY = "memory";

    /** Names of what lies elsewhere. */
    private static final String MAPPED_STATE = "template.state";

    private static final String MAPPED_MEMORY = "template.memory";

    /** Reading the devices; the memory is mapped and read when it is needed. */
    private static final Duration LOADS_WITHIN = Duration.ofSeconds(60);

    /**
     * A line of its log, which it writes where the guest's console goes. A panic has its reason in the next one. What is
     * told by its exit status or was answered to a request anyway is left out.
     */
    private static final Pattern LOGGED = Pattern.compile(
            "\\d{4}-\\d\\d-\\d\\dT[\\d:.]+ \\[[\\w-]+:[^]\\n]*] (?!Firecracker exiting |RunWith|Received Error)"
                    + "((?:Firecracker panicked at .*\\n)?.*)");

    private final Path program;
    private final String version;
    private final Shim shim;
    private final Signals signals;
    private final Duration patience;

    public FirecrackerHypervisor(Path program, String version, Shim shim, Signals signals) {
        this(program, version, shim, signals, Vmm.PATIENCE);
    }

    /** @param patience until its socket is there */
    FirecrackerHypervisor(Path program, String version, Shim shim, Signals signals, Duration patience) {
        this.patience = patience;
        this.program = program;
        this.version = version;
        this.shim = shim;
        this.signals = signals;
    }

    @Override
    public Traits traits() {
        return new Traits(LABEL, true, true, false);
    }

    @Override
    public String likeness() {
        return "firecracker " + version + ", machine " + SKELETON + ", cpu " + HostCpu.likeness();
    }

    @Override
    public Machine boot(BootSpec spec) {
        return start(spec, "cold", api -> {
            for (var call : BootCalls.of(spec)) api.send(call);
        });
    }

    @Override
    public Machine restore(BootSpec spec, Path saved) {
        if (spec.memory() instanceof Memory.Mapped memory) {
            var shown = spec.with(List.of(
                    new BootSpec.Link(saved.resolve(STATE), MAPPED_STATE),
                    new BootSpec.Link(memory.file(), MAPPED_MEMORY)));
            return start(shown, "resumed", api -> {
                api.send(load(spec, MAPPED_STATE, MAPPED_MEMORY), LOADS_WITHIN);
                // A guest that is told looks at its disk anew: only when there is something to see.
                for (var disk : memory.disks().entrySet())
                    if (Files.size(spec.directory().resolve(disk.getKey())) != disk.getValue())
                        api.send(new ApiCall.DriveChanged(disk.getKey(), disk.getKey()));
            });
        }
        if (!saved.startsWith(spec.directory())) {
            var shown = spec.with(List.of(
                    new BootSpec.Link(saved.resolve(STATE), MAPPED_STATE),
                    new BootSpec.Link(saved.resolve(MEMORY), MAPPED_MEMORY)));
            return start(shown, "resumed", api -> api.send(load(spec, MAPPED_STATE, MAPPED_MEMORY), LOADS_WITHIN));
        }
        var files = spec.directory().relativize(saved);
        var load = load(
                spec, files.resolve(STATE).toString(), files.resolve(MEMORY).toString());
        return start(spec, "resumed", api -> api.send(load, LOADS_WITHIN));
    }

    private static ApiCall load(BootSpec spec, String state, String memory) {
        return new ApiCall.SnapshotLoad(
                state,
                new ApiCall.MemoryBackend("File", memory),
                false,
                spec.placement().tap().stream()
                        .map(tap -> new ApiCall.NetworkOverride(BootCalls.CARD, tap))
                        .toList());
    }

    /** What is asked of a fresh process. */
    private interface Calls {
        void make(ApiClient api) throws IOException;
    }

    private Machine start(BootSpec spec, String how, Calls calls) {
        var vmm = vmm(spec.name(), spec.directory());
        vmm.removeLeftovers();
        var listener = new Endings(spec.listener());
        var control = listen(vmm);
        try {
            return vmm.start(
                    shim,
                    withoutTap(spec),
                    sight(spec),
                    Optional.empty(),
                    LABEL,
                    likeness(),
                    arguments(spec.directory()),
                    ref -> {
                        var api = new ApiClient(vmm.connect(Sockets.API, ref.vmmProcess()));
                        calls.make(api);
                        return Optional.of(
                                how.equals("cold")
                                        ? machine(vmm, ref, api, control, listener, Halted.NO)
                                        : machine(vmm, ref.resumed(), api, control, listener, Halted.YES));
                    });
        } catch (BangerException e) {
            close(control);
            throw e;
        }
    }

    /** Firecracker opens the tap itself, by name: a second hold on it would keep it out. */
    private static BootSpec withoutTap(BootSpec spec) {
        var place = spec.placement();
        return spec.at(new BootSpec.Placement(place.holder(), place.uid(), Optional.empty()));
    }

    private Sight sight(BootSpec spec) {
        var devices = new ArrayList<>(List.of(Path.of("/dev/null"), Path.of("/dev/urandom"), Path.of("/dev/kvm")));
        if (spec.placement().tap().isPresent()) devices.add(Path.of("/dev/net/tun"));
        return Sight.of(program, List.of(), devices);
    }

    private List<String> arguments(Path directory) {
        // With warnings too each boot logs hundreds of lines into the console's ring.
        return List.of(
                program.toString(), "--api-sock", Sockets.API, "--id", instanceId(directory), "--level", "Error");
    }

    /**
     * Known to the process itself, so that another one in its place is told apart. Of letters, digits and hyphens: with
     * anything else, as the dot of a hidden directory, it ends at once.
     */
    private static String instanceId(Path directory) {
        return directory.getFileName().toString().replaceAll("[^A-Za-z0-9-]", "");
    }

    @Override
    public Optional<Machine> reattach(String name, Path directory, MachineRef ref, Control.Listener listener) {
        var vmm = vmm(name, directory);
        return vmm.findAgain(ref, r -> {
            var api = new ApiClient(vmm.connect(Sockets.API, r.vmmProcess()));
            var halted = Halted.NO;
            // One that is paused answers nothing.
            if (!r.vmmProcess().stopped()) {
                var instance = api.instance();
                if (!instanceId(directory).equals(instance.id())) {
                    api.close();
                    return Optional.empty();
                }
                if ("Paused".equals(instance.state())) halted = Halted.YES;
            }
            var control = AwaitedControl.listen(directory.resolve(Sockets.CONTROL));
            return Optional.of(machine(vmm, r, api, control, new Endings(listener), halted));
        });
    }

    private Machine machine(
            Vmm vmm, MachineRef ref, ApiClient api, AwaitedControl control, Endings listener, Halted halted)
            throws IOException {
        var watch = vmm.connect(Sockets.API, ref.vmmProcess());
        return new FirecrackerMachine(
                vmm, ref, api, watch, Control.begin(control, listener), listener, signals, halted);
    }

    private Vmm vmm(String name, Path directory) {
        return new Vmm(name, "Firecracker", directory, Sockets.ALL, patience, Optional.of(LOGGED));
    }

    private static AwaitedControl listen(Vmm vmm) {
        try {
            return AwaitedControl.listen(vmm.directory().resolve(Sockets.CONTROL));
        } catch (IOException e) {
            throw new BangerException(
                            ErrorCode.VM_START_FAILED,
                            "vm " + vmm.name() + ": " + Sockets.CONTROL + " cannot be made: " + e.getMessage(),
                            "banger doctor")
                    .because(e);
        }
    }

    private static void close(AwaitedControl control) {
        try {
            control.close();
        } catch (IOException e) {
            // The process that would have used it is gone.
            return;
        }
    }
}
