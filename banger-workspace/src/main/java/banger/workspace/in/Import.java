package banger.workspace.in;

import banger.api.Layout;
import banger.workspace.GuestPath;
import banger.workspace.RepoPath;
import banger.workspace.WorkspaceDirectory;
import banger.workspace.WorkspaceRecord;
import banger.workspace.wire.Conversations;
import banger.workspace.wire.GitState;
import banger.workspace.wire.Prepare;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A repository with its submodules on its way into a VM: {@link #pack} without the VM, {@link #deliver}
 * once it runs.
 */
public final class Import {
    private final Layout layout;
    private final Map<String, String> environment;
    private final List<Part> parts;
    private final boolean identity;
    private final boolean fresh;

    /** One work tree of it. */
    private record Part(Shipment shipment, GuestPath path, String gitDir) {}

    /**
     * How it went; of all work trees together.
     *
     * @param record of the outermost
     * @param kept paths of the guest that were not overwritten
     * @param unsteady files that changed while they were copied
     * @param moved work trees whose guest has moved HEAD, refs or index: these were left alone
     * @param stripped remotes whose URL lost its credentials
     */
    public record Outcome(
            WorkspaceRecord record,
            int sent,
            long bytes,
            List<Prepare.Kept> kept,
            List<RepoPath> removed,
            List<RepoPath> unsteady,
            List<GuestPath> moved,
            List<String> stripped) {}

    private Import(Layout layout, Map<String, String> environment, List<Part> parts, boolean identity, boolean fresh) {
        this.layout = layout;
        this.environment = environment;
        this.parts = parts;
        this.identity = identity;
        this.fresh = fresh;
    }

    /**
     * Builds what needs no guest.
     *
     * @param vm the VM's id, or the name of a {@link Staging} while there is no VM yet
     */
    public static Import pack(
            Layout layout, Map<String, String> environment, String vm, Source source, GuestPath path) {
        var parts = new ArrayList<Part>();
        add(layout, environment, vm, source, path, path.value() + "/.git", "", parts);
        return new Import(layout, environment, parts, true, false);
    }

    private static void add(
            Layout layout,
            Map<String, String> environment,
            String vm,
            Source source,
            GuestPath path,
            String repository,
            String gitDir,
            List<Part> parts) {
        var directory = WorkspaceDirectory.of(layout, vm, path);
        parts.add(new Part(Shipment.make(environment, source, directory), path, gitDir));
        for (var s : source.submodules()) {
            var inner = repository + "/modules/" + s.name();
            var place = path.below(new String(s.path().bytes(), StandardCharsets.UTF_8));
            add(layout, environment, vm, s.source(), place, inner, inner, parts);
        }
    }

    /** The same for the VM that it is for, once there is one. */
    public Import movedTo(String vm) {
        var moved = parts.stream()
                .map(p -> new Part(
                        p.shipment.movedTo(WorkspaceDirectory.of(layout, vm, p.path), environment), p.path, p.gitDir))
                .toList();
        return new Import(layout, environment, moved, identity, fresh);
    }

    /** The same for a guest that is nobody's: it learns no name or address that the repository has for its owner. */
    public Import withoutIdentity() {
        return new Import(layout, environment, parts, false, fresh);
    }

    /** The same for a guest that has just gone on from a save: nobody's commands have run in it since. */
    public Import fresh() {
        return new Import(layout, environment, parts, identity, true);
    }

    /** @param force whether what the guest changed is overwritten; it was saved by then */
    public Outcome deliver(String vm, Conversations conversations, boolean force) {
        var results = new ArrayList<Delivery.Result>();
        var moved = new ArrayList<GuestPath>();
        for (var part : parts) {
            var result =
                    new Delivery(part.shipment, part.path, part.gitDir, identity, fresh).run(vm, conversations, force);
            results.add(result);
            if (result.git() == GitState.MOVED && !force) moved.add(part.path);
        }
        return new Outcome(
                results.getFirst().record(),
                results.stream().mapToInt(Delivery.Result::sent).sum(),
                results.stream().mapToLong(Delivery.Result::bytes).sum(),
                results.stream().flatMap(r -> r.kept().stream()).toList(),
                results.stream().flatMap(r -> r.removed().stream()).toList(),
                results.stream().flatMap(r -> r.unsteady().stream()).toList(),
                moved,
                results.stream().flatMap(r -> r.stripped().stream()).distinct().toList());
    }
}
