package banger.workspace.in;

import banger.workspace.FileStat;
import banger.workspace.git.Git;
import banger.workspace.git.ObjectId;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The files of a commit as git stores them: nobody's filters run. */
final class Committed {
    private Committed() {}

    static List<Listed> files(Git git, Index index, ObjectId commit) {
        long time = Long.parseLong(
                        git.need("show", "-s", "--format=%ct", commit.hex()).text())
                * 1_000_000_000;
        var entries = index.entries();
        var ids = new StringBuilder();
        for (var e : entries) if (!e.isSubmodule()) ids.append(e.id().hex()).append('\n');
        var sizes = git.need(
                        ids.toString().getBytes(StandardCharsets.US_ASCII), "cat-file", "--batch-check=%(objectsize)")
                .lines();
        var files = new ArrayList<Listed>();
        int next = 0;
        for (var e : entries) {
            long size = e.isSubmodule() ? 0 : Long.parseLong(sizes.get(next++));
            int mode = e.mode() == 0100644 || e.mode() == 0100755 ? e.mode() : e.mode() == 0120000 ? 0120777 : e.mode();
            var stat = new FileStat(mode, size, time, time, 0, 0);
            files.add(new Listed(e.path(), mode, stat, Optional.of(e), Optional.of(e.id())));
        }
        return List.copyOf(files);
    }
}
