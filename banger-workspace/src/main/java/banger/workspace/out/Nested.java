package banger.workspace.out;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.workspace.RepoPath;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/**
 * Repositories inside a guest's work tree that are not part of it, whole: work trees, ignored files and all that is in
 * their git directories. The archive is written here, name by name: a guest's own could lead anywhere.
 */
final class Nested {
    private static final int MOST = 1_000_000;
    private static final long LONGEST = 4L << 30;
    private static final int DEEPEST = 256;
    private static final int BATCH = 1000;
    private static final int LINK = 0120000;
    private static final int DIRECTORY = 0040000;
    private static final int TYPE = 0170000;

    private final Guest guest;
    private final GitFiles files;
    private final String top;
    private final Tar tar;
    private long bytes;
    private int count;

    private Nested(Guest guest, Delivered delivered, String top, OutputStream out) {
        this.guest = guest;
        this.files = new GitFiles(guest, delivered);
        this.top = top;
        this.tar = new Tar(out);
    }

    /**
     * @param top directory that all names in the archive are below
     * @throws BangerException {@code workspace.refused}: more than an archive may hold
     */
    static void archive(Guest guest, Delivered delivered, List<RepoPath> repositories, String top, OutputStream raw)
            throws IOException {
        var out = new BufferedOutputStream(raw, 1 << 16);
        var nested = new Nested(guest, delivered, top, out);
        var level = repositories.stream()
                .map(r -> new String(r.bytes(), StandardCharsets.ISO_8859_1))
                .toList();
        for (int depth = 0; !level.isEmpty(); depth++) {
            if (depth > DEEPEST) throw nested.tooMuch("more than " + DEEPEST + " directories deep");
            level = nested.level(level);
        }
        nested.tar.end();
        out.flush();
    }

    /** Writes what is in these directories; the ones in them are the next level. */
    private List<String> level(List<String> directories) throws IOException {
        for (var directory : directories) tar.directory(top + "/" + directory, 0);
        var names = files.names(directories).stream().filter(Nested::plain).toList();
        count += names.size();
        if (count > MOST) throw tooMuch("more than " + MOST + " files");
        var next = new ArrayList<String>();
        var seen = new HashSet<String>();
        for (int at = 0; at < names.size(); at += BATCH)
            files.each(names.subList(at, Math.min(names.size(), at + BATCH)), (name, file) -> {
                if (!seen.add(name)) return;
                var content = file.content();
                long mtime = file.mtime() / 1_000_000_000;
                switch (file.mode() & TYPE) {
                    case DIRECTORY -> next.add(name);
                    case LINK ->
                        tar.link(
                                top + "/" + name,
                                new String(content.readNBytes(RepoPath.LONGEST), StandardCharsets.ISO_8859_1),
                                mtime);
                    default -> {
                        long size = Math.max(0, file.size());
                        bytes += size;
                        if (bytes > LONGEST || bytes < 0) throw tooMuch("more than " + LONGEST + " bytes");
                        tar.file(top + "/" + name, (file.mode() & 0100) != 0, size, mtime, content);
                    }
                }
            });
        return next;
    }

    /** A guest's name for what is in a directory: one that leads nowhere else. */
    private static boolean plain(String path) {
        var name = path.substring(path.lastIndexOf('/') + 1);
        return !name.isEmpty() && !name.equals(".") && !name.equals("..") && path.length() <= RepoPath.LONGEST;
    }

    private BangerException tooMuch(String what) {
        return new BangerException(
                ErrorCode.WORKSPACE_REFUSED,
                "vm " + guest.name() + ": the repositories inside its work tree hold " + what);
    }
}
