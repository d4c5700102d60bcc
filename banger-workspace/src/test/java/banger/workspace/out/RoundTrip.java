package banger.workspace.out;

import banger.workspace.RepoPath;
import banger.workspace.WorkspaceRecord;
import banger.workspace.git.Git;
import banger.workspace.git.HostRepository;
import banger.workspace.git.ObjectId;
import banger.workspace.git.Shadow;
import banger.workspace.wire.Entry;
import banger.workspace.wire.Prepare;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A repository of the host's, delivered to a guest that is a directory. */
final class RoundTrip {
    static final Map<String, String> CLEAN = Map.of(
            "PATH", "/usr/bin:/bin",
            "GIT_CONFIG_GLOBAL", "/dev/null",
            "GIT_CONFIG_NOSYSTEM", "1");

    final Path directory;
    final Path repo;
    final HostAgent guest;
    private Optional<Delivered> delivered = Optional.empty();

    RoundTrip(Path directory) throws IOException {
        this.directory = directory;
        this.repo = directory.resolve("host-repo");
        this.guest = new HostAgent(directory);
        Files.createDirectories(repo);
        host("git", "init", "-q", "-b", "main");
        host("git", "config", "user.name", "Host");
        host("git", "config", "user.email", "host@here");
    }

    String host(String... command) throws IOException {
        return HostAgent.Programs.run(repo, command);
    }

    void write(String name, String content) throws IOException {
        var file = repo.resolve(name);
        Files.createDirectories(Optional.ofNullable(file.getParent()).orElseThrow());
        Files.writeString(file, content);
    }

    void commit(String message) throws IOException {
        host("git", "add", "-A");
        host("git", "commit", "-q", "--allow-empty", "-m", message);
    }

    HostRepository repository() {
        return HostRepository.discover(CLEAN, repo);
    }

    Delivered delivered() {
        return delivered.orElseThrow();
    }

    Collected collect() {
        return new Collector(guest, delivered()).collect();
    }

    /** What a prepare does, by the shortest way: the tracked files as they lie there, and a clone's git directory. */
    Delivered deliver(String... clone) throws IOException {
        var host = repository();
        var shadow = Shadow.create(CLEAN, directory.resolve("state/shadow.git"), host);
        var head = host.git().run("rev-parse", "--verify", "--quiet", "HEAD");
        var clean = directory.resolve("clone");
        var arguments = new ArrayList<>(List.of("git", "clone", "-q", "--no-checkout"));
        arguments.addAll(List.of(clone));
        arguments.addAll(List.of("file://" + repo, clean.toString()));
        HostAgent.Programs.run(directory, arguments.toArray(String[]::new));
        if (head.ok()) HostAgent.Programs.run(clean, "git", "read-tree", "HEAD");
        if (head.ok()) {
            Files.createDirectories(shadow.gitDir().resolve("objects/pack"));
            shadow.git()
                    .need(
                            (head.text() + "\n").getBytes(StandardCharsets.US_ASCII),
                            "pack-objects",
                            "--revs",
                            "-q",
                            shadow.gitDir().resolve("objects/pack/pack").toString());
        }
        var names = host.git().need("ls-files", "-z").records().stream()
                .map(RepoPath::of)
                .filter(p -> Files.exists(file(p), LinkOption.NOFOLLOW_LINKS))
                .sorted()
                .toList();
        var marks = new HashMap<RepoPath, Integer>();
        var ids = BlobImport.run(shadow, Long.MAX_VALUE, blobs -> {
            for (var name : names)
                marks.put(
                        name,
                        blobs.add(new java.io.ByteArrayInputStream(content(name)))
                                .orElseThrow());
        });
        var entries = new ArrayList<Entry>();
        var edits = new ArrayList<TreeEdit>();
        for (var name : names) {
            var id = Optional.ofNullable(ids.get(marks.get(name))).orElseThrow();
            boolean link = Files.isSymbolicLink(file(name));
            int mode = link ? 0120777 : Files.isExecutable(file(name)) ? 0100755 : 0100644;
            long mtime = Files.getLastModifiedTime(file(name), LinkOption.NOFOLLOW_LINKS)
                            .toMillis()
                    * 1_000_000;
            entries.add(new Entry(mode, content(name).length, mtime, id.hex(), name));
            edits.add(TreeEdit.put(name, new TreeEntry(link ? 0120000 : mode, id)));
        }
        var trees = new Trees(shadow);
        var base = trees.edit(trees.empty(), edits);
        var commit = trees.commit(Author.ofNobody(java.time.Instant.EPOCH), base, List.of(), "base\n");
        shadow.git().need("update-ref", Shadow.BASE, commit.hex());
        var shallow = Files.exists(clean.resolve(".git/shallow"))
                ? Files.readAllLines(clean.resolve(".git/shallow"))
                : List.<String>of();
        shadow.cuts(shallow.stream().map(ObjectId::new).toList());
        String manifest;
        try (var prepare = new Prepare(guest.converse("prepare", HostAgent.PATH))) {
            prepare.begin(host.format(), false, false, false, "");
            prepare.list(entries);
            for (int index : prepare.answer(entries.size()).wanted()) {
                var entry = entries.get(index);
                prepare.file(index, entry.mode(), entry.size(), entry.mtime());
                data(prepare, content(entry.path()));
                prepare.filed(entry.id());
            }
            try (var all = Files.walk(clean.resolve(".git"))) {
                for (var file : all.filter(Files::isRegularFile)
                        .sorted(Comparator.naturalOrder())
                        .toList()) {
                    var name = clean.resolve(".git").relativize(file).toString();
                    if (name.startsWith("hooks/") || name.startsWith("logs/")) continue;
                    prepare.git(0100644, name);
                    data(prepare, Files.readAllBytes(file));
                    prepare.gitFiled();
                }
            }
            manifest = prepare.commit().manifest();
        }
        var made = new Delivered(
                new WorkspaceRecord(
                        "0123456789ab",
                        HostAgent.PATH.value(),
                        repo.toString().getBytes(StandardCharsets.UTF_8),
                        host.commonDir().toString().getBytes(StandardCharsets.UTF_8),
                        host.gitDir().toString().getBytes(StandardCharsets.UTF_8),
                        head.ok() ? head.text() : "",
                        "main",
                        "main",
                        host.format().word(),
                        base.hex(),
                        head.ok() ? List.of(head.text()) : List.of(),
                        shallow,
                        manifest,
                        "2026-01-01T00:00:00Z",
                        "tracked",
                        false,
                        false,
                        "",
                        List.of()),
                shadow);
        delivered = Optional.of(made);
        return made;
    }

    private static void data(Prepare prepare, byte[] bytes) {
        for (int at = 0; at < bytes.length; at += 65536) {
            var part = java.util.Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + 65536));
            prepare.data(part, part.length);
        }
    }

    private Path file(RepoPath path) {
        return repo.resolve(new String(path.bytes(), StandardCharsets.UTF_8));
    }

    private byte[] content(RepoPath path) throws IOException {
        return Files.isSymbolicLink(file(path))
                ? Files.readSymbolicLink(file(path)).toString().getBytes(StandardCharsets.UTF_8)
                : Files.readAllBytes(file(path));
    }

    /** The guest's changes as a patch. */
    String patch() {
        var collected = collect();
        var out = new ByteArrayOutputStream();
        new Differences(delivered().shadow()).patch(delivered().base(), collected.tree(), out);
        return out.toString(StandardCharsets.UTF_8);
    }

    Git hostGit() {
        return repository().git();
    }
}
