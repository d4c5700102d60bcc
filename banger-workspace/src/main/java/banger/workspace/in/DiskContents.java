package banger.workspace.in;

import banger.workspace.FileStat;
import banger.workspace.RepoPath;
import java.io.IOException;
import java.util.Optional;

/** The files as they lie in the work tree. */
final class DiskContents implements Contents {
    private final WorkTree tree;
    private final byte[] buffer = new byte[WorkTree.CHUNK];

    DiskContents(WorkTree tree) {
        this.tree = tree;
    }

    @Override
    public Optional<FileStat> look(Listed file) {
        return tree.stat(file.path()).filter(s -> s.isRegular() || s.isLink());
    }

    @Override
    public Optional<Got> read(Listed file, Begin begin, Sink sink) throws IOException {
        // What it was listed as first: it rarely turns into the other meanwhile.
        boolean link = file.stat().isLink();
        var got = read(file.path(), link, begin, sink);
        return got.isPresent() ? got : read(file.path(), !link, begin, sink);
    }

    private Optional<Got> read(RepoPath path, boolean link, Begin begin, Sink sink) throws IOException {
        var opened = tree.open(path, link);
        if (opened.isEmpty()) return Optional.empty();
        try (var file = opened.get()) {
            begin.of(file.stat());
            if (link) {
                var target = file.link();
                sink.take(target, target.length);
            } else {
                for (int n; (n = file.read(buffer)) > 0; ) sink.take(buffer, n);
            }
            return Optional.of(new Got(file.stat(), file.unchanged()));
        }
    }

    @Override
    public void close() {
        tree.close();
    }
}
