package banger.workspace.in;

import banger.workspace.git.ObjectId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where HEAD is, read without git, which costs a process: before each command in a guest somebody wants to know that
 * nothing has moved. What it does not understand it does not answer; git is asked then.
 */
final class HeadFile {
    private static final int LONGEST = 4096;
    private static final long MOST_PACKED = 4 << 20;

    private HeadFile() {}

    /** The commit that a work tree's HEAD names; empty: only git can tell. */
    static Optional<String> read(Path top) {
        try {
            var gitDir = gitDir(top.resolve(".git"));
            var head = line(gitDir.resolve("HEAD"));
            if (ObjectId.isOne(head)) return Optional.of(head);
            if (!head.startsWith("ref: refs/heads/") || head.contains("..")) return Optional.empty();
            var ref = head.substring("ref: ".length());
            var common = common(gitDir);
            var loose = common.resolve(ref);
            var commit = Files.exists(loose) ? line(loose) : packed(common.resolve("packed-refs"), ref);
            return Optional.of(commit).filter(ObjectId::isOne);
        } catch (IOException | RuntimeException e) {
            return Optional.empty(); // git says what is wrong with it
        }
    }

    /** A linked work tree and a submodule have a file there that names the directory. */
    private static Path gitDir(Path dotGit) throws IOException {
        if (Files.isDirectory(dotGit)) return dotGit;
        var text = line(dotGit);
        if (!text.startsWith("gitdir: ")) throw new IOException("no git directory");
        return dotGit.resolveSibling(text.substring("gitdir: ".length()));
    }

    private static Path common(Path gitDir) throws IOException {
        var file = gitDir.resolve("commondir");
        return Files.exists(file) ? gitDir.resolve(line(file)) : gitDir;
    }

    private static String line(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            var text = new String(in.readNBytes(LONGEST + 1), StandardCharsets.UTF_8);
            if (text.length() > LONGEST) throw new IOException("too long");
            return text.strip();
        }
    }

    private static String packed(Path file, String ref) throws IOException {
        if (!Files.exists(file) || Files.size(file) > MOST_PACKED) return "";
        try (var lines = Files.lines(file, StandardCharsets.ISO_8859_1)) {
            var end = " " + new String(ref.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
            return lines.filter(l -> l.endsWith(end))
                    .map(l -> l.substring(0, l.length() - end.length()))
                    .filter(ObjectId::isOne)
                    .findFirst()
                    .orElse("");
        }
    }
}
