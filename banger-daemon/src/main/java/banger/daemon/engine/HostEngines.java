package banger.daemon.engine;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.api.model.EngineInfo;
import banger.daemon.engine.firecracker.FirecrackerHypervisor;
import banger.daemon.engine.firecracker.FirecrackerProgram;
import banger.daemon.engine.firecracker.FirecrackerPull;
import banger.daemon.engine.firecracker.FirecrackerRelease;
import banger.daemon.engine.qemu.Accelerator;
import banger.daemon.engine.qemu.QemuHypervisor;
import banger.daemon.process.Command;
import banger.daemon.process.CommandRunner;
import banger.daemon.process.Programs;
import banger.daemon.progress.Progress;
import banger.daemon.publish.Fetching;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The engines of this host: Firecracker where KVM really works, else QEMU, with KVM or emulating. */
public final class HostEngines implements Engines {
    private static final String QEMU = "qemu-system-x86_64";

    private static final Pattern VERSION = Pattern.compile("version ([0-9]+(\\.[0-9]+)+)");

    private static final int OLDEST = 702;
    private static final Duration REST = Duration.ofMinutes(10);

    private final Map<Path, String> checked = new ConcurrentHashMap<>();
    private final CommandRunner commands;
    private final Shim shim;
    private final KvmProbe kvm;
    private final Optional<Path> configuredQemu;
    private final FirecrackerProgram firecracker;
    private final FirecrackerPull pull;
    private final SealedMemory memories;
    /** Until then, on the clock of {@link System#nanoTime}, a fetch that failed is not tried again by itself. */
    private volatile Optional<Long> rest = Optional.empty();

    public HostEngines(
            CommandRunner commands,
            Shim shim,
            KvmProbe kvm,
            Optional<Path> configuredQemu,
            FirecrackerProgram firecracker,
            FirecrackerPull pull,
            SealedMemory memories) {
        this.commands = commands;
        this.shim = shim;
        this.kvm = kvm;
        this.configuredQemu = configuredQemu;
        this.firecracker = firecracker;
        this.pull = pull;
        this.memories = memories;
    }

    @Override
    public void ensure(String wanted, Fetching fetching, Progress progress) {
        if (wanted.equals("qemu") || firecracker.path().isPresent()) return;
        if (!kvm.answer().works()) return;
        if (fetching == Fetching.FORBIDDEN) {
            fallBack(wanted, "--offline", progress);
            return;
        }
        if (wanted.equals("auto") && rest.filter(r -> System.nanoTime() - r < 0).isPresent()) {
            fallBack(wanted, "it could not be fetched a while ago", progress);
            return;
        }
        try {
            pull.pull(FirecrackerRelease.wanted(Optional.empty(), Optional.empty()), progress);
        } catch (BangerException e) {
            if (!wanted.equals("auto") || e.code() == ErrorCode.CANCELLED) throw e;
            rest = Optional.of(System.nanoTime() + REST.toNanos());
            fallBack(wanted, e.fact(), progress);
        }
    }

    /** Who wants just that engine is told by {@link #select}. */
    private static void fallBack(String wanted, String why, Progress progress) {
        if (wanted.equals("auto"))
            progress.note("note: no Firecracker here (" + why
                    + "), so QEMU with KVM is used (banger engine pull firecracker)");
    }

    @Override
    public Hypervisor select(String wanted) {
        return switch (wanted) {
            case "auto" -> kvm.answer().works() && firecrackerUsable() ? firecracker() : qemu();
            case "qemu" -> qemu();
            case "firecracker" -> {
                if (!kvm.answer().works())
                    throw new BangerException(
                            ErrorCode.ENGINE_UNAVAILABLE,
                            "engine firecracker: needs KVM, and " + kvm.answer().reason(),
                            "--engine qemu");
                yield firecracker();
            }
            default ->
                throw new BangerException(
                        ErrorCode.USAGE,
                        "engine " + Printable.quote(wanted) + ": not an engine",
                        "auto, qemu or firecracker");
        };
    }

    @Override
    public Hypervisor selectLayered(String wanted) {
        return wanted.equals("auto") ? qemu() : select(wanted);
    }

    @Override
    public Hypervisor byLabel(String label) {
        if (label.equals(FirecrackerHypervisor.LABEL))
            // Finding a machine again needs no program: the one it was started with may be gone.
            return new FirecrackerHypervisor(Path.of(FirecrackerHypervisor.LABEL), "", shim, new Signals(commands));
        return qemu(label.endsWith("/kvm") ? Accelerator.KVM : Accelerator.TCG);
    }

    @Override
    public String note(String wanted) {
        var answer = kvm.answer();
        return answer.works()
                ? ""
                : answer.reason() + ", so this VM is emulated: slow, and no isolation boundary (banger doctor)";
    }

    /**
     * {@code qemu 7.2.22}.
     *
     * @throws BangerException {@code engine.unavailable} when it cannot be used
     */
    public String qemuVersion() {
        var answer = commands.run(Command.of(program().toString(), "--version"));
        var matcher = VERSION.matcher(answer.out());
        if (!answer.ok() || !matcher.find())
            throw new BangerException(
                    ErrorCode.ENGINE_UNAVAILABLE,
                    program() + ": does not say its version (" + Printable.line(answer.reason()) + ")",
                    "sudo apt-get install --reinstall " + Programs.debianPackage(QEMU));
        var version = "qemu " + matcher.group(1);
        var parts = matcher.group(1).split("\\.");
        // Older ones lack the machine type that every VM has.
        if (Integer.parseInt(parts[0]) * 100 + Integer.parseInt(parts[1]) < OLDEST)
            throw new BangerException(
                    ErrorCode.ENGINE_UNAVAILABLE,
                    program() + ": " + version + " is too old, at least 7.2 is needed",
                    "a newer release of the distribution, or qemu_bin in the configuration");
        return version;
    }

    /** Asked once a daemon, for each program. */
    private String checkedVersion(Path program) {
        return checked.computeIfAbsent(program, p -> qemuVersion());
    }

    /** Each engine, usable or not; the best first. */
    public List<EngineInfo> list() {
        return List.of(firecrackerInfo(), qemuInfo());
    }

    private EngineInfo firecrackerInfo() {
        var path = firecracker.path().map(Path::toString).orElse("");
        try {
            var found = firecracker.require();
            var version = found.version().toString();
            var holes = found.version().holes().stream()
                    .map(h -> "; " + h.cve() + " (" + h.part() + ")")
                    .collect(Collectors.joining());
            return kvm.answer().works()
                    ? new EngineInfo("firecracker", version, path, true, "with KVM" + holes)
                    : new EngineInfo(
                            "firecracker",
                            version,
                            path,
                            false,
                            "needs KVM, and " + kvm.answer().reason());
        } catch (BangerException e) {
            return new EngineInfo("firecracker", "", path, false, e.fact().replaceFirst("^engine firecracker: ", ""));
        }
    }

    private EngineInfo qemuInfo() {
        var path =
                configuredQemu.or(() -> Programs.find(QEMU)).map(Path::toString).orElse("");
        try {
            var version = qemuVersion().replaceFirst("^qemu ", "");
            return new EngineInfo(
                    "qemu",
                    version,
                    path,
                    true,
                    kvm.answer().works()
                            ? "with KVM"
                            : "emulating (" + kvm.answer().reason() + "): slow, and no isolation boundary");
        } catch (BangerException e) {
            return new EngineInfo("qemu", "", path, false, e.fact());
        }
    }

    /** Asks the hardware now. */
    public KvmProbe.Answer probe() {
        return kvm.probe();
    }

    private boolean firecrackerUsable() {
        try {
            firecracker.require();
            return true;
        } catch (BangerException e) {
            return false;
        }
    }

    private Hypervisor firecracker() {
        var found = firecracker.require();
        return new FirecrackerHypervisor(
                real(found.program()), found.version().toString(), shim, new Signals(commands));
    }

    private Hypervisor qemu() {
        return qemu(kvm.answer().works() ? Accelerator.KVM : Accelerator.TCG);
    }

    private Hypervisor qemu(Accelerator accelerator) {
        var program = program();
        return new QemuHypervisor(program, checkedVersion(program), accelerator, shim, memories);
    }

    private Path program() {
        return configuredQemu
                .or(() -> Programs.find(QEMU))
                .map(HostEngines::real)
                .orElseThrow(() -> new BangerException(
                        ErrorCode.HOST_TOOL_MISSING,
                        QEMU + ": not found on this host",
                        "sudo apt-get install " + Programs.debianPackage(QEMU)));
    }

    /** A confined VMM is shown the file, not the links that lead to it. */
    private static Path real(Path program) {
        try {
            return program.toRealPath();
        } catch (IOException e) {
            return program; // executing it will say what is wrong with it
        }
    }
}
