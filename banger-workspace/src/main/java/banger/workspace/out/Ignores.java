package banger.workspace.out;

import banger.workspace.RepoPath;
import banger.workspace.git.Git;
import banger.workspace.git.Shadow;
import banger.workspace.wire.Scan;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Which of a guest's names git would ignore. git answers, over an empty work tree and an index of nothing but the
 * guest's {@code .gitignore} files; so the image needs no git and no ignored directory is walked.
 */
final class Ignores implements AutoCloseable {
    private static final byte[] NAME = ".gitignore".getBytes(StandardCharsets.US_ASCII);
    private static final int LONGEST_IGNORE = 1 << 16;

    private final Shadow shadow;
    private final Path directory;
    private final Git git;
    /** Not told to git yet, the last one of a path: most looks find no name to ask about. */
    private final Map<RepoPath, TreeEdit> untold = new LinkedHashMap<>();

    private boolean any;

    private Ignores(Shadow shadow, Path directory) {
        this.shadow = shadow;
        this.directory = directory;
        // git looks below the work tree for what the index marks as not there, and finds nothing.
        this.git = shadow.git()
                .in(directory)
                .with("GIT_WORK_TREE", directory.toString())
                .with("GIT_INDEX_FILE", directory + ".index");
    }

    /** With the {@code .gitignore} files of a tree. */
    static Ignores of(Shadow shadow, Map<RepoPath, TreeEntry> base) {
        try {
            var ignores = new Ignores(shadow, Files.createTempDirectory(shadow.gitDir(), "ignores-"));
            var edits = new ArrayList<TreeEdit>();
            base.forEach((path, entry) -> {
                if (entry.isFile() && named(path)) edits.add(TreeEdit.put(path, entry));
            });
            ignores.edit(edits);
            return ignores;
        } catch (IOException e) {
            throw Disk.failed(shadow.gitDir(), e);
        }
    }

    static boolean named(RepoPath path) {
        var bytes = path.bytes();
        int at = bytes.length - NAME.length;
        return at >= 0
                && java.util.Arrays.equals(bytes, at, bytes.length, NAME, 0, NAME.length)
                && (at == 0 || bytes[at - 1] == '/');
    }

    /** Files that are gone no longer count. */
    void remove(List<RepoPath> paths) {
        edit(paths.stream().filter(Ignores::named).map(TreeEdit::remove).toList());
    }

    void add(List<Scan.Ignore> files) {
        var marks = new HashMap<RepoPath, Integer>();
        var ids = BlobImport.run(shadow, LONGEST_IGNORE, blobs -> {
            for (var file : files) {
                var mark = blobs.add(new ByteArrayInputStream(file.content()));
                if (mark.isPresent()) marks.put(file.path(), mark.getAsInt());
            }
        });
        var edits = new ArrayList<TreeEdit>();
        for (var file : files) {
            var id = ids.get(marks.getOrDefault(file.path(), 0));
            if (id != null && named(file.path()))
                edits.add(TreeEdit.put(file.path(), new TreeEntry(TreeEntry.FILE, id)));
        }
        edit(edits);
    }

    private void edit(List<TreeEdit> edits) {
        for (var edit : edits) untold.put(edit.path(), edit);
    }

    private void tell() {
        if (untold.isEmpty()) return;
        any = true;
        git.need(
                Trees.indexInfo(shadow.format(), untold.values()),
                worktree("update-index", "--add", "--replace", "-z", "--index-info"));
        var names = new ByteArrayOutputStream();
        for (var edit : untold.values())
            if (edit.entry().isPresent()) {
                names.writeBytes(edit.path().bytes());
                names.write(0);
            }
        git.need(names.toByteArray(), worktree("update-index", "--skip-worktree", "-z", "--stdin"));
        untold.clear();
    }

    /** A bare repository refuses what needs a work tree. */
    private static String[] worktree(String... arguments) {
        var all = new ArrayList<>(List.of("-c", "core.bare=false"));
        all.addAll(List.of(arguments));
        return all.toArray(String[]::new);
    }

    /** Bit i: name i is ignored. */
    BitSet verdict(List<Scan.Name> names) {
        var ignored = new BitSet(names.size());
        tell();
        if (!any && !Files.exists(shadow.gitDir().resolve("info/exclude"))) return ignored;
        var input = new ByteArrayOutputStream();
        for (var name : names) {
            ask(input, name.path(), "");
            if (name.type() == 'd' || name.type() == 'r') ask(input, name.path(), "/");
        }
        var run = git.run(input.toByteArray(), worktree("check-ignore", "-v", "-n", "-z", "--stdin"));
        // Status 1: none of them is.
        if (run.status() > 1) git.need(input.toByteArray(), worktree("check-ignore", "-v", "-n", "-z", "--stdin"));
        var answers = new Answers(run.records());
        for (int i = 0; i < names.size(); i++) {
            var type = names.get(i).type();
            var plain = answers.next();
            boolean is = plain.ignored();
            if (type == 'd' || type == 'r') {
                // git does not see that it is a directory, for it is not there. With a slash at its end it is looked
                // up as one, but then patterns for what lies in it match too: those that do not end with a slash
                // count only when they match the bare name.
                var slash = answers.next();
                is = slash.ignored() && (is || slash.onlyDirectories());
            }
            ignored.set(i, is);
        }
        ignoreFilesThemselves(names, ignored);
        return ignored;
    }

    /** To git those are tracked, as they are in the index, and it would never say of one that it is ignored: many a cache's ignores all beside it. */
    private void ignoreFilesThemselves(List<Scan.Name> names, BitSet ignored) {
        if (names.stream().noneMatch(Ignores::isIgnoreFile)) return;
        var run = git.run(worktree("ls-files", "-z", "--cached", "--ignored", "--exclude-standard"));
        if (!run.ok()) return; // all of them count, then
        var those = run.records().stream().map(RepoPath::of).collect(Collectors.toSet());
        for (int i = 0; i < names.size(); i++)
            if (isIgnoreFile(names.get(i)) && those.contains(names.get(i).path())) ignored.set(i);
    }

    private static boolean isIgnoreFile(Scan.Name name) {
        return name.type() == 'f' && named(name.path());
    }

    private static void ask(ByteArrayOutputStream input, RepoPath path, String end) {
        // A name may begin with a colon, which would be git's magic.
        input.writeBytes("./".getBytes(StandardCharsets.US_ASCII));
        input.writeBytes(path.bytes());
        input.writeBytes(end.getBytes(StandardCharsets.US_ASCII));
        input.write(0);
    }

    private record Answer(String pattern) {
        boolean ignored() {
            return !pattern.isEmpty() && !pattern.startsWith("!");
        }

        boolean onlyDirectories() {
            return pattern.endsWith("/");
        }
    }

    /** Source, line, pattern, path: four records a name. */
    private static final class Answers {
        private final List<byte[]> records;
        private int at;

        Answers(List<byte[]> records) {
            this.records = records;
        }

        Answer next() {
            var pattern = new String(records.get(at + 2), StandardCharsets.ISO_8859_1);
            at += 4;
            return new Answer(pattern);
        }
    }

    @Override
    public void close() {
        try {
            Files.deleteIfExists(Path.of(directory + ".index"));
            Files.deleteIfExists(directory);
        } catch (IOException e) {
            throw Disk.failed(directory, e);
        }
    }
}
