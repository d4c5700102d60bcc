package banger.workspace.in;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.workspace.FileStat;
import banger.workspace.RepoPath;
import banger.workspace.git.HostRepository;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.Optional;

/**
 * Files of a work tree that are read before anything of it is sent: as they lie there, tracked or not; with {@code --from}
 * as that commit has them. Over no link. Used by one thread.
 */
public final class TopFiles implements AutoCloseable {
    private static final long LARGEST = 64 << 20;

    private final Path top;
    /** Of a commit. */
    private final List<Listed> listed;

    private final Optional<WorkTree> tree;
    private final Contents contents;

    private TopFiles(Path top, List<Listed> listed, Optional<WorkTree> tree, Contents contents) {
        this.top = top;
        this.listed = listed;
        this.tree = tree;
        this.contents = contents;
    }

    public static TopFiles of(Source source) {
        var repository = source.repository();
        if (!source.committed()) return onDisk(repository);
        return new TopFiles(repository.top(), source.files(), Optional.empty(), new CommitContents(repository.git()));
    }

    static TopFiles onDisk(HostRepository repository) {
        var tree = WorkTree.open(repository.top());
        return new TopFiles(repository.top(), List.of(), Optional.of(tree), new DiskContents(tree));
    }

    /** Whether there is something of this name, whatever it is. */
    public boolean has(RepoPath path) {
        return find(path).isPresent();
    }

    /**
     * All of a file.
     *
     * @return empty: nothing has this name
     * @throws BangerException {@code repository.unsuitable} for what is no file, or larger than {@code most}
     */
    public Optional<byte[]> read(RepoPath path, int most) {
        return find(path).map(file -> {
            var out = new ByteArrayOutputStream();
            read(file, most, stat -> {}, (bytes, n) -> out.write(bytes, 0, n));
            return out.toByteArray();
        });
    }

    /** Takes in each file, in this order: length of its name, name, length of its content, content. */
    public void digest(List<RepoPath> paths, MessageDigest into) {
        for (var path : paths) {
            var name = path.bytes();
            into.update(number(name.length));
            into.update(name);
            var file = find(path).orElseThrow(() -> unfit(path, "not there"));
            read(file, LARGEST, stat -> into.update(number(stat.size())), (bytes, n) -> into.update(bytes, 0, n));
        }
    }

    private static byte[] number(long n) {
        return ByteBuffer.allocate(Long.BYTES).putLong(n).array();
    }

    private Optional<Listed> find(RepoPath path) {
        if (tree.isPresent())
            return tree.get().stat(path).map(s -> new Listed(path, s.mode(), s, Optional.empty(), Optional.empty()));
        return listed.stream().filter(f -> f.path().equals(path)).findFirst();
    }

    private void read(Listed file, long most, Contents.Begin begin, Contents.Sink sink) {
        var path = file.path();
        refuse(path, file.stat(), most);
        var read = new long[1];
        try {
            var got = contents.read(
                    file,
                    stat -> {
                        // It may have become another one since it was looked at.
                        refuse(path, stat, most);
                        begin.of(stat);
                    },
                    (bytes, n) -> {
                        read[0] += n;
                        if (read[0] > most) throw unfit(path, "changes while it is read");
                        sink.take(bytes, n);
                    });
            if (got.filter(g -> g.steady() && g.stat().size() == read[0]).isEmpty())
                throw unfit(path, "changes while it is read");
        } catch (IOException e) {
            throw unfit(path, String.valueOf(e.getMessage()));
        }
    }

    private void refuse(RepoPath path, FileStat stat, long most) {
        if (!stat.isRegular()) throw unfit(path, "not a regular file");
        if (stat.size() > most) throw unfit(path, "over " + most + " bytes");
    }

    private BangerException unfit(RepoPath path, String why) {
        return new BangerException(ErrorCode.REPOSITORY_UNSUITABLE, top + "/" + path + ": " + why);
    }

    @Override
    public void close() {
        contents.close();
    }
}
