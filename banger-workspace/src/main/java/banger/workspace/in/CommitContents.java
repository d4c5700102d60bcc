package banger.workspace.in;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.workspace.FileStat;
import banger.workspace.git.BlobReader;
import banger.workspace.git.Git;
import java.io.IOException;
import java.util.Optional;

/** The files of a commit, from the repository's objects. */
final class CommitContents implements Contents {
    private static final int MAX = 64 << 20;

    private final BlobReader blobs;

    CommitContents(Git git) {
        this.blobs = new BlobReader(git);
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
        begin.of(file.stat());
        blobs.read(id, (_, in) -> {
            var buffer = new byte[WorkTree.CHUNK];
            for (int n; (n = in.readNBytes(buffer, 0, buffer.length)) > 0; ) sink.take(buffer, n);
            return true;
        });
        return Optional.of(new Got(file.stat(), true));
    }

    @Override
    public void close() {
        blobs.close();
    }
}
