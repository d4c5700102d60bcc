package banger.workspace.in;

import banger.workspace.Beside;
import banger.workspace.FileStat;
import banger.workspace.GuestPath;
import banger.workspace.RepoPath;
import banger.workspace.WorkspaceRecord;
import banger.workspace.git.ObjectId;
import banger.workspace.wire.Conversations;
import banger.workspace.wire.Entry;
import banger.workspace.wire.GitState;
import banger.workspace.wire.Prepare;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Brings one repository into one work tree of the guest, and records what the guest has then. */
final class Delivery {
    private final Shipment shipment;
    private final Source source;
    private final GuestPath path;
    private final String gitDir;
    private final boolean identity;
    private final boolean fresh;

    /**
     * @param gitDir absolute in the guest, of a submodule; empty: {@code .git} in the work tree
     * @param identity whether the guest's git learns the one that the repository has
     * @param fresh whether nobody's commands have run in the guest since it was saved
     */
    Delivery(Shipment shipment, GuestPath path, String gitDir, boolean identity, boolean fresh) {
        this.shipment = shipment;
        this.source = shipment.source();
        this.path = path;
        this.gitDir = gitDir;
        this.identity = identity;
        this.fresh = fresh;
    }

    /**
     * How it went.
     *
     * @param unsteady files that changed while they were copied
     * @param git how the guest's repository stood before; {@code MOVED}: its HEAD, refs and index were left alone
     */
    record Result(
            WorkspaceRecord record,
            int sent,
            long bytes,
            List<Prepare.Kept> kept,
            List<RepoPath> removed,
            List<RepoPath> unsteady,
            GitState git,
            List<String> stripped) {}

    Result run(String vm, Conversations conversations, boolean force) {
        try (var conversation = new Prepare(conversations.converse("prepare", path));
                var contents = contents()) {
            return run(vm, conversation, contents, force);
        }
    }

    private Contents contents() {
        return source.committed()
                ? new CommitContents(source.repository().git())
                : new DiskContents(WorkTree.open(source.repository().top()));
    }

    private Result run(String vm, Prepare conversation, Contents contents, boolean force) {
        var format = source.repository().format();
        var cache = StatCache.load(shipment.directory().statCache(), format);
        var sender = new Sender(
                conversation,
                contents,
                format,
                new Blobs(shipment.shadow()),
                shipment.blobs(),
                source.settings().isTrue("core.filemode", true));
        var base = new DeliveredTree(shipment.shadow());
        try (var before = Beside.of("base", base::read)) {
            var files = identified(cache, sender);
            conversation.begin(format, force, source.wish().readonly(), fresh, gitDir);
            conversation.list(files.stream().map(f -> entry(f, format.zero())).toList());
            var answer = conversation.answer(files.size());
            var sent = new HashMap<RepoPath, Sender.Sent>();
            var vanished = new HashSet<RepoPath>();
            long now = nanos();
            for (int i : answer.wanted()) {
                var file = files.get(i);
                var one = sender.send(i, file);
                one.ifPresentOrElse(s -> sent.put(file.path(), s), () -> vanished.add(file.path()));
                if (!source.committed()) one.ifPresent(s -> cache.put(file.path(), s.stat(), s.id(), now));
            }
            var config = GuestConfig.of(source, identity);
            var git = new GuestGit(shipment);
            boolean whole = answer.git() != GitState.MOVED || force;
            var old = before.get();
            var leaves = leaves(files, answer, sent, vanished, old);
            // The guest writes meanwhile. It is the base only when the guest has said that it is through.
            try (var made = Beside.of(
                    "tree", () -> leaves.equals(old) ? Optional.<DeliveredTree.Made>empty() : base.make(leaves))) {
                var gitFiles = whole ? git.whole(index(files, sent, leaves), config) : git.besides();
                for (var file : gitFiles) send(conversation, file);
                var done = conversation.commit();
                var tree = made.get().map(base::keep).orElseGet(base::now);
                cache.save();
                var record = record(vm, tree, done, whole);
                shipment.directory().save(record);
                return new Result(
                        record,
                        sent.size(),
                        sent.values().stream().mapToLong(s -> s.stat().size()).sum(),
                        answer.kept(),
                        answer.removed(),
                        sender.unsteady(),
                        answer.git(),
                        config.stripped());
            }
        }
    }

    /** With ids where they are known; a first delivery reads each file once, when it is sent. */
    private List<Listed> identified(StatCache cache, Sender sender) {
        var files = new ArrayList<Listed>();
        long now = nanos();
        for (var f : source.files()) {
            var id = f.known().or(() -> cache.id(f.path(), f.stat()));
            if (id.isEmpty() && shipment.before().isPresent()) {
                id = sender.hash(f);
                id.ifPresent(i -> cache.put(f.path(), f.stat(), i, now));
            }
            files.add(id.map(f::known).orElse(f));
        }
        return files;
    }

    private static Entry entry(Listed f, String zero) {
        return new Entry(
                f.mode(),
                f.size(),
                f.isSubmodule() ? 0 : f.stat().mtime(),
                f.known().map(ObjectId::hex).orElse(zero),
                f.path());
    }

    /** What each path's base is from now on: what was sent or lies there, or for what was kept what it was before. */
    private TreeMap<RepoPath, DeliveredTree.Leaf> leaves(
            List<Listed> files,
            Prepare.Answer answer,
            Map<RepoPath, Sender.Sent> sent,
            HashSet<RepoPath> vanished,
            SortedMap<RepoPath, DeliveredTree.Leaf> old) {
        var kept = new HashSet<RepoPath>(vanished);
        answer.kept().forEach(k -> kept.add(k.path()));
        var leaves = new TreeMap<RepoPath, DeliveredTree.Leaf>();
        for (var path : kept) {
            var was = old.get(path);
            if (was != null) leaves.put(path, was);
        }
        for (var f : files) {
            if (kept.contains(f.path())) continue;
            var now = sent.get(f.path());
            var was = old.get(f.path());
            if (now != null) leaves.put(f.path(), new DeliveredTree.Leaf(gitMode(now.mode()), now.id()));
            else if (f.known().isPresent())
                leaves.put(
                        f.path(),
                        new DeliveredTree.Leaf(gitMode(f.mode()), f.known().get()));
            else if (was != null) leaves.put(f.path(), new DeliveredTree.Leaf(gitMode(f.mode()), was.id()));
        }
        return leaves;
    }

    private int gitMode(int mode) {
        return new Entry(mode, 0, 0, source.repository().format().zero(), RepoPath.of("x")).gitMode();
    }

    /** The index as it is on the host, with the stat data that the guest's files have. */
    private byte[] index(
            List<Listed> files, Map<RepoPath, Sender.Sent> sent, Map<RepoPath, DeliveredTree.Leaf> leaves) {
        var listed = new HashMap<RepoPath, Listed>();
        files.forEach(f -> listed.put(f.path(), f));
        return source.index().withStat(entry -> {
            var file = listed.get(entry.path());
            var leaf = leaves.get(entry.path());
            if (file == null || leaf == null || entry.isSubmodule() || entry.intentToAdd()) return Index.Seen.UNKNOWN;
            var now = sent.get(entry.path());
            var stat = now == null ? file.stat() : now.stat();
            boolean same = leaf.id().equals(entry.id()) || clean(entry, stat);
            return same ? new Index.Seen(stat.mtime(), stat.size()) : Index.Seen.UNKNOWN;
        });
    }

    /** Other bytes than git stores, and yet clean to the host's git: converted line ends, a large file's pointer. */
    private boolean clean(Index.Entry entry, FileStat stat) {
        long seconds = 1_000_000_000L;
        boolean time = entry.mtime() % seconds == 0
                ? entry.mtime() / seconds == stat.mtime() / seconds
                : entry.mtime() == stat.mtime();
        return time && (int) entry.size() == (int) stat.size() && stat.mtime() < source.indexWritten();
    }

    private static void send(Prepare conversation, GitFile file) {
        conversation.git(file.mode(), file.path());
        switch (file) {
            case GitFile.Directory _ -> {}
            case GitFile.Text text -> {
                for (int at = 0; at < text.content().length; at += WorkTree.CHUNK) {
                    int n = Math.min(WorkTree.CHUNK, text.content().length - at);
                    conversation.data(java.util.Arrays.copyOfRange(text.content(), at, at + n), n);
                }
            }
            case GitFile.Copy copy -> {
                var buffer = new byte[WorkTree.CHUNK];
                try (var in = Files.newInputStream(copy.file())) {
                    for (int n; (n = in.read(buffer)) > 0; ) conversation.data(buffer, n);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
        conversation.gitFiled();
    }

    private WorkspaceRecord record(String vm, ObjectId tree, Prepare.Done done, boolean whole) {
        var repository = source.repository();
        var before = shipment.before();
        var tips = new ArrayList<>(shipment.tips().stream().map(ObjectId::hex).toList());
        before.ifPresent(b -> b.tips().stream().filter(t -> !tips.contains(t)).forEach(tips::add));
        boolean moved = !whole && before.isPresent();
        return new WorkspaceRecord(
                vm,
                path.value(),
                bytes(repository.top().toString()),
                bytes(repository.commonDir().toString()),
                bytes(repository.gitDir().toString()),
                source.start().map(ObjectId::hex).orElse(""),
                moved ? before.get().branch() : source.branch(),
                source.head().branch(),
                repository.format().word(),
                tree.hex(),
                tips,
                shipment.cuts().stream().map(ObjectId::hex).toList(),
                done.manifest(),
                Instant.now().toString(),
                source.wish().mode(),
                source.wish().readonly(),
                source.wish().untracked(),
                repository.prefix().replaceFirst("/$", ""),
                source.submodules().stream().map(s -> s.path().bytes()).toList());
    }

    private static byte[] bytes(String path) {
        return path.getBytes(StandardCharsets.UTF_8);
    }

    private static long nanos() {
        var now = Instant.now();
        return now.getEpochSecond() * 1_000_000_000 + now.getNano();
    }
}
