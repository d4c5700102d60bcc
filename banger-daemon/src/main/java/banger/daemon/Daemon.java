package banger.daemon;

import banger.api.Layout;
import banger.api.model.DoctorReport;
import banger.daemon.api.DaemonRoutes;
import banger.daemon.api.EngineRoutes;
import banger.daemon.api.EnvironmentRoutes;
import banger.daemon.api.ImageRoutes;
import banger.daemon.api.KernelRoutes;
import banger.daemon.api.LogRoute;
import banger.daemon.api.SnapshotRoutes;
import banger.daemon.api.SpaceRoute;
import banger.daemon.api.StatsRoute;
import banger.daemon.api.TemplateRoutes;
import banger.daemon.api.VmRoutes;
import banger.daemon.api.VmViews;
import banger.daemon.api.WorkspaceRoutes;
import banger.daemon.config.Settings;
import banger.daemon.debian.DebianMirror;
import banger.daemon.disk.BlankDisks;
import banger.daemon.doctor.Doctor;
import banger.daemon.doctor.HostFacts;
import banger.daemon.engine.Confinement;
import banger.daemon.engine.HostEngines;
import banger.daemon.engine.KvmProbe;
import banger.daemon.engine.MemoryBound;
import banger.daemon.engine.SealedMemory;
import banger.daemon.engine.Shim;
import banger.daemon.engine.Signals;
import banger.daemon.engine.firecracker.FirecrackerProgram;
import banger.daemon.engine.firecracker.FirecrackerPull;
import banger.daemon.http.ApiServer;
import banger.daemon.http.Operations;
import banger.daemon.http.Router;
import banger.daemon.image.Catalog;
import banger.daemon.image.Images;
import banger.daemon.kernel.Kernels;
import banger.daemon.net.KernelHostLinks;
import banger.daemon.net.UserNetwork;
import banger.daemon.process.HostCommandRunner;
import banger.daemon.publish.Download;
import banger.daemon.publish.OwnerSeal;
import banger.daemon.snapshot.SnapshotStore;
import banger.daemon.store.Database;
import banger.daemon.template.TemplateStore;
import banger.daemon.userfiles.UserFiles;
import banger.daemon.vm.HostClock;
import banger.daemon.vm.Machines;
import banger.daemon.vm.Reconciler;
import banger.daemon.vm.SshKeys;
import banger.daemon.vm.Subnet;
import banger.daemon.vm.VmDisks;
import banger.daemon.vm.VmLifecycle;
import banger.daemon.vm.VmRefs;
import banger.daemon.vm.VmTable;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The composition root: builds every part once, runs until told to end. */
final class Daemon {
    private static final Logger LOG = LoggerFactory.getLogger(Daemon.class);
    private static final Duration IDLE_LIMIT = Duration.ofMinutes(15);
    /** Where image builds work: reachable for the subordinate users that maintainer scripts run as. */
    private static final Path WORK = Path.of("/var/tmp");

    private static final Path TUN = Path.of("/dev/net/tun");

    private final Layout layout;
    private final Path home;
    private final Settings settings;
    private final Distribution distribution;
    private final CountDownLatch end = new CountDownLatch(1);

    Daemon(Layout layout, Path home, Settings settings, Distribution distribution) {
        this.layout = layout;
        this.home = home;
        this.settings = settings;
        this.distribution = distribution;
    }

    /** Runs until {@code POST /v1/daemon/stop}, a signal or a long time without use. VMs run on. */
    void run() {
        try {
            for (var directory : List.of(layout.state(), layout.run(), layout.logs(), layout.vms(), layout.vmRuns()))
                DurableFiles.directories(directory);
        } catch (IOException e) {
            throw DurableFiles.failure(layout.state(), e);
        }
        try (var _ = StateLock.take(layout.lock())) {
            var ballast = new Ballast(layout.ballast());
            ballast.drop();
            try (var database = Database.open(layout.database())) {
                ballast.lay();
                serve(database, ballast);
            }
        }
    }

    private void serve(Database database, Ballast ballast) {
        var owner = Owner.current();
        var commands = new HostCommandRunner();
        var subnet = Subnet.parse(settings.gateway(), settings.prefix());
        var table = new VmTable(database, subnet);
        var confinement = new Confinement(distribution.shim(), commands, owner.vmUid());
        var shim = new Shim(distribution.shim(), commands, confinement::answer, new MemoryBound(commands, owner.uid()));
        var kvm = new KvmProbe(distribution.shim(), commands, layout.run().resolve("kvm-probe"));
        var pull = new FirecrackerPull(
                layout.engines(),
                URI.create(settings.firecrackerMirror()),
                new Download(Duration.ofSeconds(20), Duration.ofMinutes(1), HttpClient.Redirect.NORMAL));
        var memories = new SealedMemory();
        var engines = new HostEngines(
                commands,
                shim,
                kvm,
                settings.qemu(),
                new FirecrackerProgram(commands, settings.firecracker(), layout.engines()),
                pull,
                memories);
        var mirror = DebianMirror.of(settings.mirror());
        var kernels = new Kernels(
                layout.kernels(),
                WORK,
                distribution.guest(),
                database,
                commands,
                mirror,
                digest -> List.copyOf(table.usersOf(digest)));
        var images = new Images(
                layout.images(),
                layout.cache(),
                WORK,
                database,
                commands,
                mirror,
                Catalog.builtin(),
                digest -> List.copyOf(table.usersOf(digest)));
        var keys = new SshKeys(layout, settings.sshKey());
        var disks = new VmDisks(layout, owner, new BlankDisks(layout.blanks(), commands), ballast);
        var machines = new Machines();
        var network = new UserNetwork(
                new UserNetwork.Place(
                        layout.net(),
                        distribution.shim(),
                        List.of(distribution.netLauncher().toString()),
                        Build.id(),
                        settings.bridge(),
                        subnet,
                        settings.dns(),
                        TUN),
                owner,
                new KernelHostLinks(),
                commands);
        var lifecycle = new VmLifecycle(
                table,
                new CatalogSources(images, kernels),
                network,
                layout,
                disks,
                machines,
                engines,
                keys,
                new UserFiles(home, settings.fileSync(), commands),
                new Signals(commands),
                new TemplateStore(layout.templates(), owner, new OwnerSeal(layout.sealKey())),
                new TemplateStore(layout.environments(), owner, new OwnerSeal(layout.sealKey())),
                new SnapshotStore(layout.snapshots(), owner, new OwnerSeal(layout.sealKey())),
                memories,
                settings);
        var reconciler = new Reconciler(table, disks, network, machines, engines, lifecycle);
        kernels.sweep();
        images.sweep();
        pull.sweep();
        reconciler.run();
        network.start();
        var templates = lifecycle.templates();
        // A template never outlives what it was made with.
        templates.removeUnless(about ->
                images.list().stream().anyMatch(i -> i.digest().equals(about.imageDigest()))
                        && kernels.list().stream().anyMatch(k -> k.digest().equals(about.kernelDigest())));
        templates.start();
        lifecycle.environments().start();
        var clock = new HostClock(table, machines, lifecycle);
        clock.start();

        var operations = new Operations(layout.daemonLog());
        var router = new Router();
        var refs = new VmRefs(table);
        var views = new VmViews(table, machines, disks, settings.checkpoints());
        new VmRoutes(lifecycle, refs, views, machines, keys, operations).addTo(router);
        new WorkspaceRoutes(refs, table, machines).addTo(router);
        new LogRoute(refs, disks, machines).addTo(router);
        new StatsRoute(refs, disks, machines).addTo(router);
        new ImageRoutes(images, layout.cache(), operations).addTo(router);
        new KernelRoutes(kernels, operations).addTo(router);
        var doctor = new Doctor(
                layout,
                settings,
                engines,
                confinement,
                new HostFacts(Path.of("/"), owner.name()),
                network,
                images,
                kernels);
        router.add(
                "GET",
                "/v1/doctor",
                x -> x.json(
                        DoctorReport.class,
                        doctor.examine(x.query("deep").isPresent() ? Doctor.Depth.DEEP : Doctor.Depth.QUICK)));
        new SnapshotRoutes(refs, views, lifecycle, operations).addTo(router);
        new SpaceRoute(layout, table).addTo(router);
        new TemplateRoutes(templates, operations).addTo(router);
        new EnvironmentRoutes(lifecycle.environments(), refs, views, operations).addTo(router);
        new EngineRoutes(engines, pull, operations).addTo(router);
        new DaemonRoutes(layout, machines, operations, end::countDown).addTo(router);

        var idle = new IdleTimer(IDLE_LIMIT);
        idle.watch(() -> !machines.all().isEmpty() || !operations.list().isEmpty() || templates.busy(), end::countDown);
        Runtime.getRuntime().addShutdownHook(new Thread(end::countDown));
        try (var server = ApiServer.bind(layout.socket(), owner, router, operations, idle::touch)) {
            Thread.ofPlatform().daemon().name("accept").start(server::serve);
            LOG.info("bangerd {} ({}) serves {}", Build.VERSION, Build.id(), layout.socket());
            end.await();
            // The answer to the request that ends us is still under way.
            Thread.sleep(20);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            templates.close();
            clock.close();
            boolean unused = machines.all().isEmpty();
            reconciler.releaseAll();
            network.close();
            // Nobody is left who would need the namespace.
            if (unused) network.dismantle();
            LOG.info("bangerd ends; {} VMs run on", machines.all().size());
        }
    }
}
