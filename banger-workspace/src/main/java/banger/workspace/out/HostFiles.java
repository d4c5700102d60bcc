package banger.workspace.out;

import banger.workspace.FileStat;
import banger.workspace.RepoPath;
import banger.workspace.Syscalls;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The user's work tree, read and changed beneath its top and over no link, by names of any bytes. */
final class HostFiles implements AutoCloseable {
    private static final Set<Integer> ABSENT =
            Set.of(Syscalls.ENOENT, Syscalls.ENOTDIR, Syscalls.ELOOP, Syscalls.EXDEV, Syscalls.ENAMETOOLONG);

    private final int top;

    private HostFiles(int top) {
        this.top = top;
    }

    /** @param top named by the user, links and all; what is beneath it a guest may have named */
    static HostFiles open(Path top) throws IOException {
        return new HostFiles(Syscalls.openDirectory(bytes(top)));
    }

    /** What is there; empty: nothing, or the way there is no way of directories. */
    Optional<FileStat> stat(RepoPath path) throws IOException {
        try {
            int file = Syscalls.open(top, path.bytes(), Syscalls.O_PATH | Syscalls.O_NOFOLLOW);
            try {
                return Optional.of(Syscalls.stat(file));
            } finally {
                Syscalls.close(file);
            }
        } catch (Syscalls.Refused e) {
            if (ABSENT.contains(e.errno())) return Optional.empty();
            throw e;
        }
    }

    /** A regular file's content. */
    <T> T read(RepoPath path, Reader<T> reader) throws IOException {
        int file = Syscalls.open(top, path.bytes(), Syscalls.O_NOFOLLOW | Syscalls.O_NONBLOCK);
        try (var in = Files.newInputStream(Path.of("/proc/self/fd/" + file))) {
            return reader.read(in);
        } finally {
            Syscalls.close(file);
        }
    }

    @FunctionalInterface
    interface Reader<T> {
        T read(InputStream in) throws IOException;
    }

    byte[] link(RepoPath path) throws IOException {
        int file = Syscalls.open(top, path.bytes(), Syscalls.O_PATH | Syscalls.O_NOFOLLOW);
        try {
            return Syscalls.link(file);
        } finally {
            Syscalls.close(file);
        }
    }

    /** Keeps what is at {@code path} under a second name. */
    void keep(RepoPath path, Path copy) throws IOException {
        inParent(path, (directory, name) -> Syscalls.linkTo(directory, name, bytes(copy)));
    }

    /** Moves what is at {@code path} out of the tree. */
    void takeAway(RepoPath path, Path to) throws IOException {
        inParent(path, (directory, name) -> Syscalls.rename(directory, name, Syscalls.AT_FDCWD, bytes(to), 0));
    }

    /** Moves a file of ours to {@code path}, over what is there. */
    void replace(Path from, RepoPath path) throws IOException {
        inParent(path, (directory, name) -> Syscalls.rename(Syscalls.AT_FDCWD, bytes(from), directory, name, 0));
    }

    /** Moves a file of ours to {@code path}, where nothing may be. */
    void place(Path from, RepoPath path) throws IOException {
        inParent(
                path,
                (directory, name) ->
                        Syscalls.rename(Syscalls.AT_FDCWD, bytes(from), directory, name, Syscalls.RENAME_NOREPLACE));
    }

    void remove(RepoPath path) throws IOException {
        inParent(path, Syscalls::unlink);
    }

    void makeDirectory(RepoPath path) throws IOException {
        inParent(path, Syscalls::makeDirectory);
    }

    void removeDirectory(RepoPath path) throws IOException {
        inParent(path, Syscalls::removeDirectory);
    }

    @FunctionalInterface
    private interface InDirectory {
        void run(int directory, byte[] name) throws IOException;
    }

    private void inParent(RepoPath path, InDirectory work) throws IOException {
        var parent = parent(path);
        var name = path.bytes();
        if (parent.isEmpty()) {
            work.run(top, name);
            return;
        }
        int directory = Syscalls.open(top, parent.get().bytes(), Syscalls.O_PATH | Syscalls.O_DIRECTORY);
        try {
            work.run(directory, Arrays.copyOfRange(name, parent.get().length() + 1, name.length));
        } finally {
            Syscalls.close(directory);
        }
    }

    /** The directory that a path lies in; empty: the top. */
    static Optional<RepoPath> parent(RepoPath path) {
        var bytes = path.bytes();
        for (int i = bytes.length - 1; i > 0; i--)
            if (bytes[i] == '/') return Optional.of(RepoPath.of(Arrays.copyOf(bytes, i)));
        return Optional.empty();
    }

    /** The directories that a path lies in, outermost first. */
    static List<RepoPath> above(RepoPath path) {
        var all = new ArrayList<RepoPath>();
        for (var at = parent(path); at.isPresent(); at = parent(at.get())) all.addFirst(at.get());
        return all;
    }

    static byte[] bytes(Path path) {
        return path.toAbsolutePath().toString().getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        Syscalls.close(top);
    }
}
