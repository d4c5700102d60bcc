package banger.workspace.out;

import banger.api.process.ProgramRun.Feed;
import banger.workspace.git.ObjectId;
import banger.workspace.git.Shadow;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;

/** What changed between two trees, as git shows it: exact bytes, never through a program that a repository names. */
final class Differences {
    private static final List<String> PATCH = List.of(
            "diff-tree",
            "-r",
            "--no-ext-diff",
            "--no-textconv",
            "--no-renames",
            "--full-index",
            "--src-prefix=a/",
            "--dst-prefix=b/",
            "--no-color");

    private final Shadow shadow;

    Differences(Shadow shadow) {
        this.shadow = shadow;
    }

    /** A patch that {@code git apply} takes, contents that are no text included. */
    void patch(ObjectId before, ObjectId after, OutputStream out) {
        write(before, after, out, "-p", "--binary");
    }

    /** A patch to look at: what is no text is only named. */
    void readable(ObjectId before, ObjectId after, OutputStream out) {
        write(before, after, out, "-p");
    }

    /** A line a file, at most so wide. */
    void stat(ObjectId before, ObjectId after, int columns, OutputStream out) {
        write(before, after, out, "--stat=" + columns, "--summary");
    }

    private void write(ObjectId before, ObjectId after, OutputStream out, String... how) {
        var arguments = new ArrayList<>(PATCH);
        arguments.addAll(List.of(how));
        arguments.add(before.hex());
        arguments.add(after.hex());
        shadow.git().pipe(Feed.NOTHING, in -> in.transferTo(out), arguments.toArray(String[]::new));
    }
}
