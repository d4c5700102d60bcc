package banger.daemon.kernel;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.debian.DebianMirror;
import banger.daemon.process.CommandRunner;
import banger.daemon.progress.Progress;
import banger.daemon.publish.ByteSize;
import banger.daemon.publish.Existing;
import banger.daemon.publish.Failures;
import banger.daemon.publish.PublishedFiles;
import banger.daemon.publish.SingleFlight;
import banger.daemon.publish.Staging;
import banger.daemon.publish.Users;
import banger.daemon.publish.WorkDirectory;
import banger.daemon.store.Database;
import io.avaje.json.JsonException;
import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * The kernels of this machine: pulled or imported once, kept by digest below one directory, named in the
 * database. Thread-safe; work on one name is done once however many ask for it.
 */
public final class Kernels {
    /**
     * The same for every VM, on both engines: the serial console; {@code reboot=k panic=1} so that a
     * reboot or panic ends a Firecracker; the i8042 switches because probing it stalls half a second
     * there; {@code eth0} by that name in every distribution. No AppArmor: Docker refuses to run where the
     * kernel has it and the image lacks its parser, and the machine is the boundary here. No self-tests of
     * ciphers: 0.3 s of an emulated boot of 1.8 s. RCU's grace periods expedited: mounting and unmounting
     * wait for them, some 0.5 s of idle time in a boot. No check of the timer's interrupt, which an emulator on a
     * loaded machine delivers too late for it: the kernel panics then, "IO-APIC + timer doesn't work".
     */
    public static final String COMMAND_LINE =
            "console=ttyS0 quiet reboot=k panic=1 net.ifnames=0 i8042.noaux i8042.nomux i8042.dumbkbd"
                    + " apparmor=0 cryptomgr.notests rcupdate.rcu_expedited=1 no_timer_check";

    private final Path directory;
    private final Path work;
    private final KernelRecords records;
    private final PublishedFiles published;
    private final KernelPacker packer;
    private final DebianKernel debian;
    private final Initrd initrd;
    private final Users users;
    private final SingleFlight<KernelRecords.Row> flights = new SingleFlight<>();

    /**
     * @param directory {@code $STATE/kernels}
     * @param work where temporary directories are made, {@code /var/tmp}: reachable for other users
     * @param guestProgram the static program that becomes {@code /init}; may change at any time
     * @param users which VMs pin a digest
     */
    public Kernels(
            Path directory,
            Path work,
            Path guestProgram,
            Database database,
            CommandRunner runner,
            DebianMirror mirror,
            Users users) {
        this.directory = directory;
        this.work = work;
        this.records = new KernelRecords(database);
        this.published = new PublishedFiles(database);
        this.packer = new KernelPacker(directory, runner, published);
        this.debian = new DebianKernel(runner, mirror);
        this.initrd = new Initrd(guestProgram, published);
        this.users = users;
    }

    /**
     * A kernel that is here when this returns; pulled when the catalog has one of this name.
     *
     * @throws BangerException {@code kernel.not-found}, {@code kernel.pull-failed}, {@code kernel.invalid}
     *     when its files are not what they were
     */
    public Kernel ensure(String name, Progress progress) {
        KernelName.checked(name);
        var row = records.find(name).orElseGet(() -> {
            var entry = entry(name);
            return flights.run(
                    "kernel " + name, progress, p -> records.find(name).orElseGet(() -> fetch(entry, p)));
        });
        return usable(row);
    }

    /** The kernel a VM pins, whatever its name stands for by now. */
    public Kernel byDigest(String digest) {
        if (!digest.matches("[0-9a-f]{64}")) throw new IllegalArgumentException("digest " + digest);
        var row = records.findByDigest(digest).orElseGet(() -> {
            var manifest = manifest(digest);
            return new KernelRecords.Row("(replaced)", digest, manifest.release(), "", Instant.EPOCH);
        });
        return usable(row);
    }

    /** Fetches the newest; VMs that exist keep the one they have. */
    public Kernel pull(String name, Existing existing, Progress progress) {
        KernelName.checked(name);
        var entry = entry(name);
        if (existing == Existing.KEEP && records.find(name).isPresent())
            throw new BangerException(
                    ErrorCode.KERNEL_EXISTS,
                    "kernel " + name + ": already here",
                    "banger kernel pull --force " + name + " fetches the newest");
        return usable(flights.run("kernel " + name, progress, p -> fetch(entry, p)));
    }

    public List<Kernel> list() {
        return records.all().stream().map(this::described).toList();
    }

    /** What could be pulled. */
    public List<KernelEntry> available() {
        return KernelEntry.ALL;
    }

    public Kernel show(String name) {
        return described(row(name));
    }

    /** @throws BangerException {@code kernel.in-use} with the VMs that need it */
    public void remove(String name) {
        var row = row(name);
        var vms = users.of(row.digest());
        var elsewhere = records.all().stream()
                .anyMatch(r -> r.digest().equals(row.digest()) && !r.name().equals(name));
        if (!vms.isEmpty() && !elsewhere)
            throw new BangerException(
                    ErrorCode.KERNEL_IN_USE,
                    "kernel " + name + ": used by " + String.join(", ", vms),
                    "banger vm delete " + String.join(" ", vms));
        records.delete(name);
        discardUnused(row.digest());
    }

    /**
     * Takes a kernel from a directory: {@code vmlinux}, {@code vmlinuz} or {@code bzImage} (or one with a
     * release's suffix below {@code boot/}), and modules below {@code modules/RELEASE} or
     * {@code lib/modules/RELEASE}. The directory is only read.
     */
    public Kernel importFrom(String name, Path from, Progress progress) {
        KernelName.checked(name);
        return usable(flights.run("import " + name, progress, p -> {
            if (records.find(name).isPresent())
                throw new BangerException(
                        ErrorCode.KERNEL_EXISTS, "kernel " + name + ": already here", "banger kernel rm " + name);
            try (var temporary = WorkDirectory.below(work)) {
                p.doing("kernel " + name, "importing", 0, 0);
                long start = System.nanoTime();
                var manifest = packer.pack(new KernelDirectory(from).unpackInto(temporary.path()));
                var row = record(name, manifest, "import " + from.toAbsolutePath());
                p.done("kernel " + name, "imported " + manifest.release(), millisSince(start));
                return row;
            } catch (IOException e) {
                throw Failures.of("kernel " + name, e);
            }
        }));
    }

    private KernelRecords.Row fetch(KernelEntry entry, Progress progress) {
        try (var temporary = WorkDirectory.below(work)) {
            long start = System.nanoTime();
            var fetched = debian.fetch(entry, temporary.path(), progress);
            var manifest = packer.pack(fetched.kernel());
            var before = records.find(entry.name());
            var row = record(entry.name(), manifest, fetched.source());
            before.filter(b -> !b.digest().equals(row.digest())).ifPresent(b -> discardUnused(b.digest()));
            var version = row.release().replaceFirst("-cloud-amd64$", "");
            progress.done(
                    "kernel " + entry.name() + " " + version,
                    "fetched " + ByteSize.text(fetched.size()),
                    millisSince(start));
            return row;
        } catch (IOException e) {
            throw Failures.of("kernel " + entry.name(), e);
        }
    }

    private KernelRecords.Row record(String name, KernelManifest manifest, String source) {
        var row = new KernelRecords.Row(
                name,
                manifest.digest(),
                manifest.release(),
                source,
                Instant.now().truncatedTo(ChronoUnit.MILLIS));
        records.put(row);
        return row;
    }

    /** A digest that no name stands for and no VM pins goes; what a VM pins stays until the VM goes. */
    private void discardUnused(String digest) {
        if (records.findByDigest(digest).isPresent() || !users.of(digest).isEmpty()) return;
        try {
            Staging.delete(directory.resolve(digest));
        } catch (IOException e) {
            throw Failures.of("kernel " + digest.substring(0, 12), e);
        }
    }

    /** Hashes every kernel, whatever its files look like from outside; names those that are not what they were. */
    public List<String> deepCheck() {
        return records.all().stream()
                .filter(row -> !isWhole(row))
                .map(KernelRecords.Row::name)
                .toList();
    }

    private boolean isWhole(KernelRecords.Row row) {
        var place = directory.resolve(row.digest());
        try {
            return manifest(row.digest()).files().entrySet().stream()
                    .allMatch(f -> published.intactDeep(place.resolve(f.getKey()), f.getValue()));
        } catch (BangerException e) {
            return false;
        }
    }

    /** Removes what a crash left, and kernels that neither a name nor a VM needs; for the daemon's start. */
    public void sweep() {
        try {
            Staging.sweep(directory);
            if (!Files.isDirectory(directory)) return;
            List<Path> all;
            try (var entries = Files.list(directory)) {
                all = entries.toList();
            }
            for (var entry : all) {
                var digest = entry.getFileName().toString();
                if (digest.matches("[0-9a-f]{64}")) discardUnused(digest);
            }
        } catch (IOException e) {
            throw Failures.of("kernels", e);
        }
    }

    private Kernel usable(KernelRecords.Row row) {
        var kernelDirectory = directory.resolve(row.digest());
        var manifest = manifest(row.digest());
        for (var file : manifest.files().entrySet())
            if (!published.intact(kernelDirectory.resolve(file.getKey()), file.getValue()))
                throw damaged(row.name(), file.getKey() + " is not what it was");
        return kernel(row, initrd.ensure(kernelDirectory));
    }

    private KernelManifest manifest(String digest) {
        var file = directory.resolve(digest).resolve(KernelFiles.MANIFEST);
        try {
            var manifest = Jsonb.instance().type(KernelManifest.class).fromJson(Files.readString(file));
            if (manifest == null
                    || manifest.format() != KernelManifest.FORMAT
                    || !manifest.digest().equals(digest))
                throw damaged(digest.substring(0, 12), "its manifest is not its own");
            return manifest;
        } catch (IOException | JsonException e) {
            throw damaged(digest.substring(0, 12), "its manifest cannot be read")
                    .because(e);
        }
    }

    /** Without looking at the files: for listings. The initrd is the directory until one was made. */
    private Kernel described(KernelRecords.Row row) {
        return kernel(row, directory.resolve(row.digest()));
    }

    private Kernel kernel(KernelRecords.Row row, Path initrdFile) {
        var place = directory.resolve(row.digest());
        return new Kernel(
                row.name(),
                row.digest(),
                row.release(),
                row.source(),
                place.resolve(KernelFiles.VMLINUX),
                initrdFile,
                place.resolve(KernelFiles.MODULES),
                COMMAND_LINE,
                row.importedAt());
    }

    private KernelRecords.Row row(String name) {
        KernelName.checked(name);
        return records.find(name)
                .orElseThrow(() -> new BangerException(
                        ErrorCode.KERNEL_NOT_FOUND, "no kernel named " + name, "banger kernel list"));
    }

    private static KernelEntry entry(String name) {
        return KernelEntry.find(name)
                .orElseThrow(() -> new BangerException(
                        ErrorCode.KERNEL_NOT_FOUND,
                        "no kernel named " + name,
                        "to pull: "
                                + String.join(
                                        ", ",
                                        KernelEntry.ALL.stream()
                                                .map(KernelEntry::name)
                                                .toList()),
                        "banger kernel list --available"));
    }

    private static BangerException damaged(String name, String what) {
        var remedy = KernelEntry.find(name).isPresent() ? "banger kernel pull --force " + name : "banger kernel list";
        return new BangerException(ErrorCode.KERNEL_INVALID, "kernel " + name + ": " + what, remedy);
    }

    private static long millisSince(long start) {
        return (System.nanoTime() - start) / 1_000_000;
    }
}
