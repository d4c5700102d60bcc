package banger.workspace.in;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.workspace.FileStat;
import banger.workspace.RepoPath;
import banger.workspace.Syscalls;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;

/**
 * The files of a work tree of the host's: opened beneath its top, over no link, so that a planted one
 * never brings in what lies outside. Used by one thread.
 */
final class WorkTree implements AutoCloseable {
    static final int CHUNK = 65536;

    /** Nothing there that could be read as this name: it does not exist, or the way to it leads elsewhere. */
    private static final Set<Integer> ABSENT = Set.of(
            Syscalls.ENOENT, Syscalls.ENOTDIR, Syscalls.ELOOP, Syscalls.EXDEV, Syscalls.ENAMETOOLONG, Syscalls.ENXIO);

    private final Path top;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment chunk = arena.allocate(CHUNK);
    private final int directory;
    /** That of the last file that was looked at, opened: they come in order, and most share it. */
    private Optional<Parent> parent = Optional.empty();

    private record Parent(byte[] path, int directory) {}

    private WorkTree(Path top) throws IOException {
        this.top = top;
        this.directory = Syscalls.openDirectory(top.toString().getBytes(StandardCharsets.UTF_8));
    }

    static WorkTree open(Path top) {
        try {
            return new WorkTree(top);
        } catch (IOException e) {
            throw new BangerException(
                            ErrorCode.REPOSITORY_UNSUITABLE, top + ": cannot be opened (" + e.getMessage() + ")")
                    .because(e);
        }
    }

    /** What is at this path; empty: nothing of this work tree. */
    Optional<FileStat> stat(RepoPath path) {
        try {
            var bytes = path.bytes();
            int slash = bytes.length - 1;
            while (slash >= 0 && bytes[slash] != '/') slash--;
            int at = slash < 0 ? directory : parent(Arrays.copyOf(bytes, slash));
            return Optional.of(Syscalls.stat(at, Arrays.copyOfRange(bytes, slash + 1, bytes.length)));
        } catch (IOException e) {
            return absentOrThrow(path, e);
        }
    }

    private int parent(byte[] path) throws IOException {
        if (parent.isPresent() && Arrays.equals(parent.get().path, path)) return parent.get().directory;
        forgetParent();
        int opened = Syscalls.open(directory, path, Syscalls.O_PATH | Syscalls.O_NOFOLLOW | Syscalls.O_DIRECTORY);
        parent = Optional.of(new Parent(path, opened));
        return opened;
    }

    private void forgetParent() {
        parent.ifPresent(p -> Syscalls.close(p.directory));
        parent = Optional.empty();
    }

    /** A regular file or link, opened; empty when it is neither, or gone. */
    Optional<Opened> open(RepoPath path, boolean link) {
        int flags = link ? Syscalls.O_PATH | Syscalls.O_NOFOLLOW : Syscalls.O_NOFOLLOW | Syscalls.O_NONBLOCK;
        try {
            int file = Syscalls.open(directory, path.bytes(), flags);
            var opened = new Opened(path, file, Syscalls.stat(file));
            if (link ? opened.stat.isLink() : opened.stat.isRegular()) return Optional.of(opened);
            opened.close();
            return Optional.empty();
        } catch (IOException e) {
            return absentOrThrow(path, e);
        }
    }

    private <T> Optional<T> absentOrThrow(RepoPath path, IOException e) {
        if (e instanceof Syscalls.Refused r && ABSENT.contains(r.errno())) return Optional.empty();
        throw unreadable(path, e);
    }

    private BangerException unreadable(RepoPath path, IOException e) {
        var why = e instanceof Syscalls.Refused r && r.errno() == Syscalls.EACCES
                ? "permission denied"
                : String.valueOf(e.getMessage());
        return new BangerException(
                        ErrorCode.REPOSITORY_UNSUITABLE,
                        top + ": " + path + " cannot be read (" + why + ")",
                        "make it readable, or take it out of git's index")
                .because(e);
    }

    /** An open file and what it was when it was opened. */
    final class Opened implements AutoCloseable {
        private final RepoPath path;
        private final int file;
        private final FileStat stat;
        private boolean open = true;

        private Opened(RepoPath path, int file, FileStat stat) {
            this.path = path;
            this.file = file;
            this.stat = stat;
        }

        FileStat stat() {
            return stat;
        }

        /** Up to 64 KiB; 0: the end. */
        int read(byte[] into) {
            try {
                int n = Syscalls.read(file, chunk.asSlice(0, Math.min(CHUNK, into.length)));
                MemorySegment.copy(chunk, ValueLayout.JAVA_BYTE, 0, into, 0, n);
                return n;
            } catch (IOException e) {
                throw unreadable(path, e);
            }
        }

        byte[] link() {
            try {
                return Syscalls.link(file);
            } catch (IOException e) {
                throw unreadable(path, e);
            }
        }

        /** Whether it is still what it was when it was opened. */
        boolean unchanged() {
            try {
                return Syscalls.stat(file).equals(stat);
            } catch (IOException e) {
                throw unreadable(path, e);
            }
        }

        @Override
        public void close() {
            if (open) Syscalls.close(file);
            open = false;
        }
    }

    @Override
    public void close() {
        forgetParent();
        Syscalls.close(directory);
        arena.close();
    }
}
