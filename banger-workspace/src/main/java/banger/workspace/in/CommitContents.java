package banger.workspace.in;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.process.ProgramRun.Feed;
import banger.workspace.FileStat;
import banger.workspace.git.Git;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Optional;

/** The files of a commit, from the repository's objects. */
final class CommitContents implements Contents {
    private static final int MAX = 64 << 20;

    private final Git git;

    CommitContents(Git git) {
        this.git = git;
    }

    @Override
    public Optional<FileStat> look(Listed file) {
        return Optional.of(file.stat());
    }

    @Override
    public Optional<Got> read(Listed file, Begin begin, Sink sink) throws IOException {
        var id = file.known().orElseThrow();
        if (file.size() > MAX)
            throw new BangerException(
                    ErrorCode.REPOSITORY_UNSUITABLE,
                    file.path() + ": over 64 MiB, too large to come from a commit",
                    "check the commit out on the host, then leave --from out");
        var out = new ByteArrayOutputStream();
        git.pipe(Feed.NOTHING, in -> in.transferTo(out), "cat-file", "blob", id.hex());
        begin.of(file.stat());
        for (int at = 0; at < out.size(); at += WorkTree.CHUNK) {
            int n = Math.min(WorkTree.CHUNK, out.size() - at);
            sink.take(java.util.Arrays.copyOfRange(out.toByteArray(), at, at + n), n);
        }
        return Optional.of(new Got(file.stat(), true));
    }

    @Override
    public void close() {}
}
