package banger.daemon.doctor;

import banger.api.BangerException;
import banger.api.Layout;
import banger.api.Size;
import banger.api.Times;
import banger.api.model.Check;
import banger.api.model.DoctorReport;
import banger.daemon.config.Settings;
import banger.daemon.config.VmDefaults;
import banger.daemon.disk.Reflinks;
import banger.daemon.engine.Confinement;
import banger.daemon.engine.HostEngines;
import banger.daemon.engine.KvmProbe;
import banger.daemon.engine.firecracker.FirecrackerVersion;
import banger.daemon.image.Images;
import banger.daemon.kernel.Kernels;
import banger.daemon.net.UserNetwork;
import banger.daemon.process.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Looks at the host part by part. Changes nothing that matters; a check that cannot run says so. */
public final class Doctor {
    private static final long LITTLE_SPACE = 5 * Size.GIB;
    private static final long NO_SPACE = Size.GIB / 2;

    private final Layout layout;
    private final Settings settings;
    private final HostEngines engines;
    private final Confinement confinement;
    private final HostFacts facts;
    private final UserNetwork network;
    private final Images images;
    private final Kernels kernels;

    public Doctor(
            Layout layout,
            Settings settings,
            HostEngines engines,
            Confinement confinement,
            HostFacts facts,
            UserNetwork network,
            Images images,
            Kernels kernels) {
        this.layout = layout;
        this.settings = settings;
        this.engines = engines;
        this.confinement = confinement;
        this.facts = facts;
        this.network = network;
        this.images = images;
        this.kernels = kernels;
    }

    /** Whether published files are read whole and compared. */
    public enum Depth {
        QUICK,
        DEEP
    }

    public DoctorReport examine(Depth depth) {
        var checks = new ArrayList<Check>();
        var kvm = engines.probe();
        engine(checks, kvm);
        checks.addAll(new HostChecks(facts).all(kvm));
        firecracker(checks);
        confinement(checks);
        host(checks);
        network(checks);
        kernel(checks);
        image(checks);
        if (depth == Depth.DEEP) content(checks);
        space(checks);
        copies(checks);
        rescues(checks);
        defaults(checks);
        return new DoctorReport(checks);
    }

    private void engine(List<Check> checks, KvmProbe.Answer kvm) {
        try {
            var version = engines.qemuVersion();
            if (kvm.works()) checks.add(ok("engine", version + " with kvm, which runs a vCPU"));
            else
                checks.add(warn(
                        "engine",
                        version + " emulating (" + kvm.reason() + "): slow, and no isolation boundary",
                        List.of()));
        } catch (BangerException e) {
            checks.add(new Check("engine", "fail", e.fact(), e.remedies()));
        }
    }

    private void firecracker(List<Check> checks) {
        var engine = engines.list().getFirst();
        var holes = FirecrackerVersion.parse(engine.version())
                .map(FirecrackerVersion::holes)
                .orElse(List.of());
        if (engine.path().isEmpty()) checks.add(info("firecracker", "none here: VMs run under QEMU"));
        else if (engine.version().isEmpty())
            checks.add(warn("firecracker", engine.note(), List.of("banger engine list")));
        else {
            var text = engine.version() + " at " + engine.path() + (engine.usable() ? "" : ", " + engine.note())
                    + (holes.isEmpty() ? "; no known holes" : "")
                    + holes.stream()
                            .map(h -> "; " + h.cve() + " (" + h.part() + ")")
                            .collect(Collectors.joining());
            var open = holes.stream().anyMatch(FirecrackerVersion.Hole::reaches);
            checks.add(new Check(
                    "firecracker", open ? "warn" : "ok", text, open ? List.of("a newer Firecracker") : List.of()));
        }
        var jailer = Optional.of(engine.path())
                .filter(p -> !p.isEmpty())
                .map(p -> Path.of(p).resolveSibling("jailer"))
                .filter(Files::isExecutable)
                .or(() -> Programs.find("jailer"));
        checks.add(info(
                "jailer",
                jailer.map(Path::toString).orElse("none here")
                        + "; only system mode would use one, user mode confines by" + " bubblewrap"));
    }

    private void confinement(List<Check> checks) {
        var answer = confinement.examine();
        if (answer.bwrap().isPresent())
            checks.add(ok("confinement", "by " + answer.bwrap().get()));
        else
            checks.add(warn(
                    "confinement",
                    "off: " + answer.reason() + ", so a VMM sees what its user sees",
                    answer.remedies()));
    }

    private static void host(List<Check> checks) {
        var arch = System.getProperty("os.arch");
        var text = "Linux " + System.getProperty("os.version") + ", "
                + Runtime.getRuntime().availableProcessors() + " cpus, "
                + Size.human(VmDefaults.hostMemoryMib() * Size.MIB) + " of memory";
        if (arch.equals("amd64")) checks.add(ok("host", text));
        else checks.add(new Check("host", "fail", text + ", " + arch, List.of("only amd64 is supported so far")));
    }

    private void network(List<Check> checks) {
        var missing = network.unavailable();
        if (missing.isPresent()) {
            checks.add(warn(
                    "network", "off: " + missing.get().reason(), missing.get().remedies()));
            return;
        }
        if (Programs.find("pasta").isPresent()) checks.add(ok("network", "user mode; pasta for --nat"));
        else checks.add(warn("network", "user mode; no pasta, so no --nat", List.of("sudo apt-get install passt")));
    }

    private void kernel(List<Check> checks) {
        var name = settings.defaultKernel();
        var found = kernels.list().stream().filter(k -> k.name().equals(name)).findFirst();
        if (found.isPresent()) checks.add(ok("kernel", name + " " + found.get().release()));
        else
            checks.add(
                    info("kernel", name + " is not here yet; the first VM fetches it", "banger kernel pull " + name));
    }

    private void image(List<Check> checks) {
        var name = settings.defaultImage();
        var found = images.list().stream().filter(i -> i.name().equals(name)).findFirst();
        if (found.isPresent()) {
            checks.add(ok(
                    "image",
                    name + ", " + Size.human(found.get().size()) + ", made "
                            + Times.ago(found.get().createdAt(), Instant.now())));
            return;
        }
        if (images.available().stream().noneMatch(r -> r.name().equals(name))) {
            checks.add(new Check(
                    "image",
                    "fail",
                    "default_image_name " + name + ": there is no such image",
                    List.of("banger image list")));
            return;
        }
        checks.add(info("image", name + " is not here yet; the first VM builds it", "banger image pull " + name));
        for (var tool : List.of("mmdebstrap", "mke2fs"))
            if (Programs.find(tool).isEmpty())
                checks.add(warn(
                        "image",
                        tool + " not found, so images cannot be built",
                        List.of("sudo apt-get install " + Programs.debianPackage(tool))));
    }

    private void content(List<Check> checks) {
        for (var name : images.deepCheck())
            checks.add(new Check(
                    "image",
                    "fail",
                    name + ": its file is not what it was",
                    List.of("banger image pull --force " + name)));
        for (var name : kernels.deepCheck())
            checks.add(new Check(
                    "kernel",
                    "fail",
                    name + ": its files are not what they were",
                    List.of("banger kernel pull --force " + name)));
    }

    /** What a warm start, a snapshot or a copy of a VM costs on the disk. */
    private void copies(List<Check> checks) {
        try {
            checks.add(
                    info(
                            "copies",
                            Reflinks.in(layout.state())
                                    ? "of disks share what they have in common"
                                    : "of disks: under QEMU layers, so that nothing is written; under Firecracker, and of templates,"
                                            + " what is in them is; a file system with reflinks (btrfs, xfs) would share all of it"));
        } catch (IOException e) {
            checks.add(warn("copies", "cannot be determined: " + e.getMessage(), List.of()));
        }
    }

    private void space(List<Check> checks) {
        try {
            long free = Files.getFileStore(layout.state()).getUsableSpace();
            var text = Size.human(free) + " free below " + layout.state();
            if (free > LITTLE_SPACE) checks.add(ok("space", text));
            else
                checks.add(new Check(
                        "space",
                        free > NO_SPACE ? "warn" : "fail",
                        text,
                        List.of("banger vm prune; banger image list")));
        } catch (IOException e) {
            checks.add(warn("space", "cannot be determined: " + e.getMessage(), List.of()));
        }
    }

    /** Work of deleted VMs that nobody has taken away yet. */
    private void rescues(List<Check> checks) {
        try (var files = Files.list(layout.rescue())) {
            int count = 0;
            long bytes = 0;
            for (var file : files.toList()) {
                count++;
                bytes += Files.size(file);
            }
            if (count > 0)
                checks.add(info(
                        "rescues",
                        count + " files, " + Size.human(bytes) + ", of VMs whose work was never pulled",
                        "ls " + layout.rescue()));
        } catch (NoSuchFileException e) {
            return; // nothing was ever saved
        } catch (IOException e) {
            checks.add(warn("rescues", "cannot be listed: " + e.getMessage(), List.of()));
        }
    }

    private void defaults(List<Check> checks) {
        var d = VmDefaults.of(settings);
        var origin = Files.exists(layout.config())
                ? layout.config().toString()
                : "built in; " + layout.config() + " is not there";
        checks.add(info(
                "defaults",
                d.vcpu() + " vcpu, " + d.memoryMib() + " MiB, " + Size.flag(d.diskBytes()) + " disk, "
                        + settings.defaultImage() + " (" + origin + ")"));
    }

    private static Check ok(String area, String text) {
        return new Check(area, "ok", text, List.of());
    }

    private static Check info(String area, String text, String... remedies) {
        return new Check(area, "info", text, List.of(remedies));
    }

    private static Check warn(String area, String text, List<String> remedies) {
        return new Check(area, "warn", text, remedies);
    }
}
