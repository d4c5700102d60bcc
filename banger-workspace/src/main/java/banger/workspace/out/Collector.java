package banger.workspace.out;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.workspace.GuestPath;
import banger.workspace.RepoPath;
import banger.workspace.git.ObjectId;
import banger.workspace.wire.Entry;
import banger.workspace.wire.Read;
import banger.workspace.wire.Scan;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Asks a guest what differs from what was delivered, and puts it into the shadow repository. */
final class Collector {
    /** A file that is longer is named and left out: a guest can make one of any length in no time. */
    static final long LONGEST_FILE = 1L << 30;

    private static final String BRANCH = "ref: refs/heads/";

    private final Guest guest;
    private final Delivered delivered;
    private final GuestPath path;
    private final List<RepoPath> repositories = new ArrayList<>();
    private final List<RepoPath> tooLarge = new ArrayList<>();
    private final List<RepoPath> unsteady = new ArrayList<>();

    Collector(Guest guest, Delivered delivered) {
        this.guest = guest;
        this.delivered = delivered;
        this.path = new GuestPath(delivered.record().guestPath());
    }

    /** What a scan tells, before any content is read. */
    record Told(Scan.State state, List<GuestRef> refs, List<Entry> present, List<RepoPath> deleted) {}

    Collected collect() {
        return collect(scan());
    }

    /** Repositories that the scan met. */
    List<RepoPath> repositories() {
        return repositories;
    }

    /** Reads what a scan told of. */
    Collected collect(Told told) {
        var edits = new ArrayList<TreeEdit>();
        for (var gone : told.deleted) edits.add(TreeEdit.remove(gone));
        edits.addAll(contents(told.present));
        var trees = new Trees(delivered.shadow());
        var branch = told.state.head().startsWith(BRANCH)
                ? Optional.of(told.state.head().substring(BRANCH.length()).strip())
                : Optional.<String>empty();
        return new Collected(
                delivered,
                trees.edit(delivered.base(), edits),
                told.refs,
                branch,
                List.copyOf(repositories),
                List.copyOf(tooLarge),
                List.copyOf(unsteady),
                told.state.gitProgram());
    }

    Told scan() {
        Map<RepoPath, TreeEntry> base;
        Told told;
        try (var scan =
                new Scan(guest.converse("scan", path), delivered.record().objectFormat())) {
            // The guest looks meanwhile.
            scan.begin(false);
            base = new Trees(delivered.shadow()).entries(delivered.base());
            told = told(scan, base);
        }
        filledSubmodules(base);
        return told;
    }

    private Told told(Scan scan, Map<RepoPath, TreeEntry> base) {
        var state = scan.state();
        complete(state);
        var changes = scan.changes();
        var present = new ArrayList<>(changes.changed());
        try (var ignores = Ignores.of(delivered.shadow(), base)) {
            ignores.remove(changes.deleted());
            levels(scan, ignores, present);
        }
        return new Told(state, refs(changes.refs()), present, changes.deleted());
    }

    /** A submodule that was not checked out was delivered as an empty directory. */
    private void filledSubmodules(Map<RepoPath, TreeEntry> base) {
        var own = delivered.record().submodules().stream().map(RepoPath::of).toList();
        var empty = base.entrySet().stream()
                .filter(e -> e.getValue().isSubmodule() && !own.contains(e.getKey()))
                .map(Map.Entry::getKey)
                .sorted()
                .toList();
        if (empty.isEmpty()) return;
        try (var read = new Read(guest.converse("read", path))) {
            read.ask(empty.stream().map(RepoPath::bytes).toList());
            for (var submodule : empty)
                if (read.next(submodule.bytes()) instanceof Read.File file && new FromGuest(file.content()).read() >= 0)
                    repositories.add(submodule);
            read.end();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void levels(Scan scan, Ignores ignores, List<Entry> present) {
        while (true) {
            var level = scan.level();
            if (level.names().isEmpty()) return;
            if (!level.ignores().isEmpty()) ignores.add(level.ignores());
            var ignored = ignores.verdict(level.names());
            for (int i = 0; i < level.names().size(); i++) {
                var name = level.names().get(i);
                if (name.type() == 'r' && !ignored.get(i)) repositories.add(name.path());
            }
            present.addAll(scan.verdict(ignored, level.names().size()));
        }
    }

    private void complete(Scan.State state) {
        var record = delivered.record();
        if (state.state() == Scan.Completeness.COMPLETE && state.digest().equals(record.manifest())) return;
        throw new BangerException(
                ErrorCode.WORKSPACE_INCOMPLETE,
                "vm " + guest.name() + ": " + path
                        + switch (state.state()) {
                            case NONE -> " holds no workspace any more";
                            case INCOMPLETE -> " was not delivered to its end";
                            case COMPLETE -> " is not as it was delivered from here";
                        },
                "banger vm workspace prepare " + guest.name() + " PATH");
    }

    private static List<GuestRef> refs(List<Scan.Ref> told) {
        var refs = new ArrayList<GuestRef>();
        for (var ref : told) refs.add(new GuestRef(Scan.text(ref), new ObjectId(ref.id())));
        return refs;
    }

    private List<TreeEdit> contents(List<Entry> present) {
        var wanted = new ArrayList<Entry>();
        for (var entry : present) {
            if (entry.isSubmodule()) continue;
            // Of a guest that tells less than the truth as much is read, and no more.
            if (entry.size() > LONGEST_FILE) tooLarge.add(entry.path());
            else wanted.add(entry);
        }
        if (wanted.isEmpty()) return List.of();
        var modes = new HashMap<RepoPath, Integer>();
        var marks = new HashMap<RepoPath, Integer>();
        var gone = new ArrayList<TreeEdit>();
        Map<Integer, ObjectId> ids;
        try (var read = new Read(guest.converse("read", path))) {
            read.ask(wanted.stream().map(e -> e.path().bytes()).toList());
            ids = BlobImport.run(delivered.shadow(), LONGEST_FILE, blobs -> {
                for (var entry : wanted) {
                    switch (read.next(entry.path().bytes())) {
                        case Read.Missing _ -> gone.add(TreeEdit.remove(entry.path()));
                        case Read.File file -> {
                            var mark = blobs.add(new FromGuest(file.content()));
                            if (mark.isEmpty()) tooLarge.add(entry.path());
                            else marks.put(entry.path(), mark.getAsInt());
                            modes.put(entry.path(), gitMode(file.mode()));
                            if (file.content().changed()) unsteady.add(entry.path());
                        }
                    }
                }
                read.end();
            });
        }
        var edits = new ArrayList<TreeEdit>(gone);
        marks.forEach((name, mark) -> {
            var id = Optional.ofNullable(ids.get(mark)).orElseThrow();
            edits.add(TreeEdit.put(
                    name, new TreeEntry(Optional.ofNullable(modes.get(name)).orElseThrow(), id)));
        });
        return edits;
    }

    private static int gitMode(int mode) {
        if ((mode & Entry.TYPE) == Entry.LINK) return TreeEntry.LINK;
        return (mode & 0100) != 0 ? TreeEntry.PROGRAM : TreeEntry.FILE;
    }

    /** A conversation that breaks off within a file is the guest's failure, not git's. */
    private final class FromGuest extends java.io.FilterInputStream {
        FromGuest(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] b, int off, int len) throws IOException {
            try {
                return in.read(b, off, len);
            } catch (IOException e) {
                throw new BangerException(
                                ErrorCode.GUEST_PROTOCOL,
                                "vm " + guest.name() + ": its agent went away within a file",
                                "banger vm logs " + guest.name() + ", then the same again")
                        .because(e);
            }
        }
    }
}
