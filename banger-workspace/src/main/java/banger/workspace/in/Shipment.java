package banger.workspace.in;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.workspace.WorkspaceDirectory;
import banger.workspace.WorkspaceRecord;
import banger.workspace.git.ObjectId;
import banger.workspace.git.Shadow;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The part of a delivery that is git's and needs no guest: the shadow repository with a pack of what the
 * guest lacks. Made while the VM boots.
 *
 * @param directory of ours; still without a VM when it is made for a new one
 * @param before the record of the prepare before this one
 * @param tips what the pack leads to
 * @param cuts commits of which the guest has no parents, all of them
 * @param pack its path in the shadow without {@code .pack}; empty: the guest lacks nothing
 * @param blobs what the guest's git has of contents: blobs of HEAD's tree and of the index
 */
record Shipment(
        Source source,
        WorkspaceDirectory directory,
        Shadow shadow,
        Optional<WorkspaceRecord> before,
        List<ObjectId> tips,
        List<ObjectId> cuts,
        Optional<Path> pack,
        Set<ObjectId> blobs) {

    static Shipment make(Map<String, String> environment, Source source, WorkspaceDirectory directory) {
        directory.make();
        var before = directory
                .load()
                .filter(r -> r.objectFormat() == source.repository().format());
        var repository = source.repository();
        var shadow = Shadow.open(environment, directory.shadow(), repository.format())
                .orElseGet(() -> Shadow.create(environment, directory.shadow(), repository));
        var tips = new ArrayList<ObjectId>();
        source.start().ifPresent(tips::add);
        tips.addAll(source.special().commits());
        boolean deepen = source.wish().depth() == 0
                && before.filter(r -> !r.shallow().isEmpty()).isPresent();
        var shipped = before.filter(_ -> !deepen).map(r -> ids(r.tips())).orElse(List.of());
        var cuts = new LinkedHashSet<>(
                before.filter(_ -> !deepen).map(r -> ids(r.shallow())).orElse(List.of()));
        cuts.addAll(History.cuts(repository, tips, source.wish().depth(), shipped));
        var trees = source.blobs();
        var staged = staged(source, trees);
        try {
            shadow.reads(repository.objects());
            shadow.cuts(List.copyOf(cuts));
        } catch (IOException e) {
            throw new BangerException(
                            ErrorCode.HOST_DISK_FULL, "shadow repository " + shadow.gitDir() + ": " + e.getMessage())
                    .because(e);
        }
        var pack = pack(source, shadow, tips, shipped, staged);
        var blobs = new HashSet<>(trees);
        blobs.addAll(staged);
        return new Shipment(
                source, directory, shadow, before, List.copyOf(tips), List.copyOf(cuts), pack, Set.copyOf(blobs));
    }

    /** The same for the VM that it is for, once there is one. */
    Shipment movedTo(WorkspaceDirectory place, Map<String, String> environment) {
        try {
            Files.createDirectories(place.root().getParent());
            Files.move(directory.root(), place.root());
        } catch (IOException e) {
            throw new BangerException(ErrorCode.INTERNAL, place.root() + ": " + e.getMessage()).because(e);
        }
        var moved = Shadow.open(environment, place.shadow(), source.repository().format())
                .orElseThrow(() -> new IllegalStateException("no shadow in " + place.root()));
        return new Shipment(
                source,
                place,
                moved,
                before,
                tips,
                cuts,
                pack.map(p -> place.shadow().resolve(directory.shadow().relativize(p))),
                blobs);
    }

    private static List<ObjectId> ids(List<String> hex) {
        return hex.stream().map(ObjectId::new).toList();
    }

    /** What is only in the index: it is in no commit, and the guest's first commit would fail without it. */
    private static List<ObjectId> staged(Source source, Set<ObjectId> committed) {
        return source.index().entries().stream()
                .filter(e -> !e.isSubmodule() && (!e.intentToAdd() || isThere(source, e.id())))
                .map(Index.Entry::id)
                .filter(id -> !committed.contains(id))
                .distinct()
                .toList();
    }

    /** What is only intended to be added names the empty blob, which may never have been written. */
    private static boolean isThere(Source source, ObjectId id) {
        return source.repository().git().run("cat-file", "-e", id.hex()).ok();
    }

    /** In the shadow, never in the user's repository, which would get git's temporary files. */
    private static Optional<Path> pack(
            Source source, Shadow shadow, List<ObjectId> tips, List<ObjectId> shipped, List<ObjectId> staged) {
        var input = new StringBuilder();
        for (var id : tips) input.append(id.hex()).append('\n');
        for (var id : staged) input.append(id.hex()).append('\n');
        // All of it was shipped before.
        if (staged.isEmpty() && new HashSet<>(shipped).containsAll(tips)) return Optional.empty();
        for (var id : shipped) input.append('^').append(id.hex()).append('\n');
        var base = shadow.gitDir().resolve("objects/pack/pack");
        // Deltas that are there are used, none are looked for: the way into the guest is wide.
        var arguments = new ArrayList<>(List.of(
                "pack-objects", "--revs", "-q", "--non-empty", "--delta-base-offset", "--window=0", "--compression=1"));
        if (source.settings().partialClone()) arguments.add("--missing=allow-any");
        arguments.add(base.toString());
        var name = shadow.git()
                .need(input.toString().getBytes(StandardCharsets.US_ASCII), arguments.toArray(String[]::new))
                .text();
        if (!ObjectId.isOne(name)) return Optional.empty();
        var pack = base.resolveSibling("pack-" + name);
        return Optional.of(pack);
    }

    boolean partial() {
        return source.settings().partialClone();
    }
}
