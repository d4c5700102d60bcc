package banger.workspace.in;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.workspace.git.Git;
import banger.workspace.git.HostRepository;
import banger.workspace.git.ObjectId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Comparator;
import java.util.concurrent.TimeUnit;

/** A copy of a repository's index for git to write to: the host's own stays as it is, byte for byte. */
final class TemporaryIndex implements AutoCloseable {
    private final Path directory;
    private final HostRepository repository;
    /** Nobody else would remove it after a Ctrl-C. */
    private final Thread onExit = new Thread(this::remove);
    /** When the host's index was written, nanoseconds; 0: there is none. */
    private long written;

    private TemporaryIndex(HostRepository repository) throws IOException {
        this.directory = Files.createTempDirectory("banger-index-");
        this.repository = repository;
        Files.createDirectory(directory.resolve("objects"));
        try {
            Runtime.getRuntime().addShutdownHook(onExit);
        } catch (IllegalStateException e) {
            remove();
            throw new BangerException(ErrorCode.CANCELLED, "cancelled").because(e);
        }
    }

    /** The index of the work tree. */
    static TemporaryIndex copy(HostRepository repository) {
        try {
            var copy = new TemporaryIndex(repository);
            try {
                var index = repository.gitDir().resolve("index");
                copy.written = Files.getLastModifiedTime(index).to(TimeUnit.NANOSECONDS);
                Files.copy(index, copy.file());
                // Of now: git takes a file as young as its index for one that may have changed since, and
                // would read it, through the user's filters.
                Files.setLastModifiedTime(copy.file(), FileTime.from(Instant.now()));
            } catch (NoSuchFileException e) {
                copy.written = 0; // nothing was ever staged
            }
            return copy;
        } catch (IOException e) {
            throw failed(repository, e);
        }
    }

    /** An index of what a commit holds. */
    static TemporaryIndex of(HostRepository repository, ObjectId commit) {
        try {
            var index = new TemporaryIndex(repository);
            index.git().need("read-tree", commit.hex());
            return index;
        } catch (IOException e) {
            throw failed(repository, e);
        }
    }

    private Path file() {
        return directory.resolve("index");
    }

    /** git in the work tree, with this as its index. */
    Git git() {
        // What git writes while it unfolds a sparse index goes beside the copy.
        return repository
                .git()
                .with("GIT_INDEX_FILE", file().toString())
                .with("GIT_OBJECT_DIRECTORY", directory.resolve("objects").toString())
                .with(
                        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
                        quoted(repository.objects().toString()));
    }

    /** Git cuts the list at colons and reads what is in quotes as C does. */
    private static String quoted(String path) {
        return "\"" + path.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    long written() {
        return written;
    }

    /** The whole of it, plain: not sparse, not split, nothing of a file watcher. */
    Index normalised() {
        git().need(
                        "-c",
                        "core.fsmonitor=false",
                        "-c",
                        "core.splitIndex=false",
                        "-c",
                        "core.untrackedCache=false",
                        "-c",
                        "index.sparse=false",
                        "-c",
                        "index.skipHash=false",
                        "update-index",
                        "--no-split-index",
                        "--no-untracked-cache",
                        "--no-fsmonitor",
                        "--index-version",
                        "2",
                        "--force-write-index");
        try {
            return Index.parse(Files.readAllBytes(file()), repository.format());
        } catch (IOException e) {
            throw failed(repository, e);
        }
    }

    private static BangerException failed(HostRepository repository, IOException e) {
        return new BangerException(
                        ErrorCode.REPOSITORY_UNSUITABLE,
                        repository.top() + ": its index cannot be copied (" + e.getMessage() + ")")
                .because(e);
    }

    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(onExit);
        } catch (IllegalStateException e) {
            return; // we are being ended, and that is what it was for
        }
        remove();
    }

    private void remove() {
        try (var files = Files.walk(directory)) {
            for (var f : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(f);
        } catch (IOException e) {
            // Names of files, in a directory of the user's own below /tmp: nothing is lost by its staying.
            return;
        }
    }
}
