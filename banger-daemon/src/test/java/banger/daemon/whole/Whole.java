package banger.daemon.whole;

import banger.api.Layout;
import banger.api.client.BangerClient;
import banger.daemon.Ballast;
import banger.daemon.DurableFiles;
import banger.daemon.Owner;
import banger.daemon.api.DaemonRoutes;
import banger.daemon.api.EnvironmentRoutes;
import banger.daemon.api.LogRoute;
import banger.daemon.api.SnapshotRoutes;
import banger.daemon.api.TemplateRoutes;
import banger.daemon.api.VmRoutes;
import banger.daemon.api.VmViews;
import banger.daemon.api.WorkspaceRoutes;
import banger.daemon.config.Settings;
import banger.daemon.disk.BlankDisks;
import banger.daemon.engine.BootSpec;
import banger.daemon.engine.FakeHypervisor;
import banger.daemon.engine.SealedMemory;
import banger.daemon.engine.Signals;
import banger.daemon.http.ApiServer;
import banger.daemon.http.Operations;
import banger.daemon.http.Router;
import banger.daemon.process.HostCommandRunner;
import banger.daemon.progress.Progress;
import banger.daemon.publish.Fetching;
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
import banger.daemon.vm.Templates;
import banger.daemon.vm.Vm;
import banger.daemon.vm.VmDisks;
import banger.daemon.vm.VmLifecycle;
import banger.daemon.vm.VmNetwork;
import banger.daemon.vm.VmRefs;
import banger.daemon.vm.VmSources;
import banger.daemon.vm.VmTable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** The daemon with everything real but its ends: no VMM, no network, no image; they are made up. */
final class Whole implements AutoCloseable {
    /** For three checkpoints of empty disks. */
    static final long CHECKPOINTS = 1 << 20;

    private final Layout layout;
    private final Path blanks;
    private final FakeHypervisor engine;
    private final Database database;
    private final Reconciler reconciler;
    private final ApiServer server;
    private final Operations operations;
    final VmTable table;
    final Attachments network = new Attachments();

    private final String making;
    final Templates templates;
    /** Nanoseconds that this host has slept. */
    final AtomicLong slept = new AtomicLong();

    final HostClock clock;

    /** A daemon on a home; the engine's machines may have run before it. */
    Whole(Path home, Path blanks, FakeHypervisor engine) throws IOException {
        this(home, blanks, engine, "manual");
    }

    /** @param making of templates: {@code auto}, {@code manual} or {@code off} */
    Whole(Path home, Path blanks, FakeHypervisor engine, String making) throws IOException {
        this.making = making;
        this.layout = Layout.of(Map.of("BANGER_HOME", home.toString()), Path.of("/"));
        this.blanks = blanks;
        this.engine = engine;
        for (var directory : List.of(layout.state(), layout.run(), layout.logs(), layout.vms(), layout.vmRuns()))
            DurableFiles.directories(directory);
        var owner = Owner.current();
        var commands = new HostCommandRunner();
        database = Database.open(layout.database());
        table = new VmTable(database, network.subnet());
        var keys = new SshKeys(layout, Optional.empty());
        var disks = new VmDisks(layout, owner, new BlankDisks(blanks, commands), new Ballast(layout.ballast()));
        var machines = new Machines();
        var lifecycle = new VmLifecycle(
                table,
                new Sources(),
                network,
                layout,
                disks,
                machines,
                engine,
                keys,
                new UserFiles(home, List.of(), commands),
                new Signals(commands),
                new TemplateStore(layout.templates(), owner, new OwnerSeal(layout.sealKey())),
                new TemplateStore(layout.environments(), owner, new OwnerSeal(layout.sealKey())),
                new SnapshotStore(layout.snapshots(), owner, new OwnerSeal(layout.sealKey())),
                new SealedMemory(),
                settings(making));
        templates = lifecycle.templates();
        clock = new HostClock(table, machines, lifecycle, slept::get);
        reconciler = new Reconciler(table, disks, network, machines, engine, lifecycle);
        reconciler.run();
        templates.start();
        clock.start();
        operations = new Operations(layout.daemonLog());
        var router = new Router();
        var refs = new VmRefs(table);
        new VmRoutes(lifecycle, refs, new VmViews(table, machines, disks, false), machines, keys, operations)
                .addTo(router);
        new SnapshotRoutes(refs, new VmViews(table, machines, disks, false), lifecycle, operations).addTo(router);
        new WorkspaceRoutes(refs, table, machines).addTo(router);
        new TemplateRoutes(templates, operations).addTo(router);
        new EnvironmentRoutes(lifecycle.environments(), refs, new VmViews(table, machines, disks, false), operations)
                .addTo(router);
        new LogRoute(refs, disks, machines).addTo(router);
        new DaemonRoutes(layout, machines, operations, () -> {}).addTo(router);
        server = ApiServer.bind(layout.socket(), owner, router, operations, () -> {});
        Thread.ofVirtual().name("accept").start(server::serve);
    }

    private static Settings settings(String making) {
        var d = Settings.DEFAULT;
        return new Settings(
                d.defaultImage(),
                d.defaultKernel(),
                d.engine(),
                d.sshKey(),
                d.qemu(),
                d.firecracker(),
                d.firecrackerMirror(),
                d.bridge(),
                d.gateway(),
                d.prefix(),
                d.dns(),
                d.mirror(),
                d.logLevel(),
                Duration.ofMillis(700),
                Duration.ofSeconds(10),
                Optional.of(1),
                Optional.of(256),
                Optional.of(64L << 20),
                Optional.of(64L << 20),
                List.of(),
                making,
                1L << 30,
                1L << 30,
                CHECKPOINTS,
                false);
    }

    BangerClient client() {
        return new BangerClient(layout.socket());
    }

    Layout layout() {
        return layout;
    }

    boolean idle() {
        return operations.list().isEmpty();
    }

    /** Another daemon in its place. */
    Whole restarted() throws IOException {
        close();
        return new Whole(layout.state().getParent(), blanks, engine, making);
    }

    @Override
    public void close() {
        server.close();
        templates.close();
        clock.close();
        reconciler.releaseAll();
        database.close();
    }

    /** Which VMs have a place in the network. */
    static final class Attachments implements VmNetwork {
        final Set<String> attached = ConcurrentHashMap.newKeySet();

        @Override
        public Attachment attach(Vm vm) {
            attached.add(vm.name().value());
            return new Attachment(BootSpec.Placement.PLAIN, "off (made up)", List.of());
        }

        @Override
        public void detach(Vm vm) {
            attached.remove(vm.name().value());
        }

        @Override
        public void nat(Vm vm, boolean on) {}

        @Override
        public Subnet subnet() {
            return Subnet.parse("172.16.0.1", 24);
        }
    }

    private static final class Sources implements VmSources {
        @Override
        public Resolved image(String name, Fetching fetching, Progress progress) {
            return new Resolved(name, "1".repeat(64));
        }

        @Override
        public Resolved kernel(String name, Fetching fetching, Progress progress) {
            return new Resolved(name, "2".repeat(64));
        }

        @Override
        public BootFiles files(Vm vm) {
            var none = Path.of("/nonexistent");
            return new BootFiles(none, none, none, none, "");
        }
    }
}
