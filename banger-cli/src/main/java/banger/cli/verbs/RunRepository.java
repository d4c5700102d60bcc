package banger.cli.verbs;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.model.EnvironmentSpec;
import banger.api.model.VmInfo;
import banger.api.model.WorkspaceInfo;
import banger.cli.Invocation;
import banger.cli.Session;
import banger.workspace.GuestPath;
import banger.workspace.RepoPath;
import banger.workspace.in.Import;
import banger.workspace.in.Look;
import banger.workspace.in.Staging;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * The repository of a {@code vm run PATH}: looked at, packed while the VM boots, then brought in. Where a machine is there
 * that has it already, that one begins while the repository is looked at.
 */
final class RunRepository implements AutoCloseable {
    private final Session session;
    private final Look look;
    private final GuestPath path;
    private final Preparation preparation;
    private Optional<Staging> staging = Optional.empty();
    private FutureTask<Import> packed = new FutureTask<>(() -> {
        throw new IllegalStateException("nothing was packed");
    });
    private Optional<Thread> packing = Optional.empty();
    private Optional<WorkspaceInfo> workspace = Optional.empty();

    private RunRepository(Session session, Look look, GuestPath path) {
        this.session = session;
        this.look = look;
        this.path = path;
        this.preparation = new Preparation(session);
    }

    /** Begins to look at it. */
    static RunRepository of(Invocation i, Session session) {
        var place = WorkspaceFlags.place(i.operands().getFirst());
        var path = WorkspaceFlags.guestPath(i);
        var look = Look.begin(session.environment(), WorkspaceFlags.wish(i, "vm run", place));
        return new RunRepository(session, look, path);
    }

    void list() {
        preparation.list(look.source());
    }

    /** What it wants to have ready in its VMs. */
    WantedEnvironment environment(Invocation i) {
        return i.has("--no-env")
                ? WantedEnvironment.none(session, look, path)
                : WantedEnvironment.of(session, look, path, !i.has("--no-bootstrap"));
    }

    void refuseToolsWithoutNetwork(Invocation i, boolean network) {
        if (network || i.has("--no-bootstrap")) return;
        for (var name : Tooling.FILES)
            if (look.takes(RepoPath.of(name)))
                throw new BangerException(
                        ErrorCode.USAGE,
                        "vm run: " + name + " asks for tools, and without --nat nothing can be downloaded",
                        "--nat, or --no-bootstrap to go without them");
    }

    /** Begins to build what needs no guest; whatever is wrong with it is told here, before anything is made. */
    void pack() {
        var source = look.source();
        var place = Staging.begin(session.layout());
        staging = Optional.of(place);
        packed = new FutureTask<>(
                () -> Import.pack(session.layout(), session.environment(), place.name(), source, path));
        packing = Optional.of(Thread.ofPlatform().daemon().name("pack").start(packed));
    }

    /** @param keep told that a VM which never got its repository is of no use */
    void deliver(VmInfo vm, KeepOrDelete keep) {
        var ready = ready(keep).movedTo(vm.id());
        workspace = Optional.of(preparation.deliver(vm, look.source(), ready, path, false));
    }

    private Import ready(KeepOrDelete keep) {
        try {
            return packed.get();
        } catch (ExecutionException e) {
            keep.deleteAfterAll();
            throw e.getCause() instanceof RuntimeException r ? r : new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BangerException(ErrorCode.CANCELLED, "cancelled").because(e);
        }
    }

    /** Has a VM that is nobody's yet set up and saved. */
    EnvironmentSetup.Outcome setUp(KeepOrDelete keep, WantedEnvironment wanted, EnvironmentSpec spec) {
        return new EnvironmentSetup(session, look.source(), path, wanted, spec).run(keep, true);
    }

    /** @param keep told that a VM is of no use when its repository is not fit to go in */
    void looked(KeepOrDelete keep) {
        try {
            look.source();
        } catch (BangerException e) {
            keep.deleteAfterAll();
            throw e;
        }
    }

    /** Brings in what differs from what the VM has, which may be nothing yet. */
    void deliverDifference(VmInfo vm) {
        var source = look.source();
        var packed = Import.pack(session.layout(), session.environment(), vm.id(), source, path);
        workspace = Optional.of(preparation.deliverToSaved(vm, source, packed, path));
    }

    /** What the VM was made for. */
    int use(Invocation i, VmInfo vm) {
        var here = workspace.orElseThrow();
        boolean command = !i.command().isEmpty();
        if (!command && !i.has("--no-bootstrap"))
            new Tooling(session, vm, here).bootstrap(look.source(), vm.nat(), i.has("--detach"));
        if (i.has("--detach")) return 0;
        if (command) return ExecVerbs.inWorkspace(session, vm.id(), i, Optional.of(here), vm.nat());
        return SshVerbs.sessionIn(session, vm.id(), here.directory());
    }

    @Override
    public void close() {
        look.close();
        packed.cancel(true);
        try {
            // Git is ended with it, and writes no more into what is removed here.
            if (packing.isPresent()) packing.get().join(5000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        staging.ifPresent(Staging::close);
    }
}
