package banger.daemon;

import banger.api.BangerException;
import banger.api.ErrorCode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Comparator;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/** Files that survive a power cut: temporary beside it, write, fsync, rename, fsync of the directory. */
public final class DurableFiles {
    private static final Duration LAST_WORDS = Duration.ofSeconds(2);

    private DurableFiles() {}

    /** @param permissions as {@code ls} shows them, {@code rw-------} */
    public static void write(Path file, byte[] content, String permissions) {
        var temporary = temporary(file);
        try {
            directories(parent(file));
            Files.deleteIfExists(temporary);
            var mode = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions));
            try (var channel = FileChannel.open(
                    temporary, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), mode)) {
                for (var buffer = ByteBuffer.wrap(content); buffer.hasRemaining(); ) channel.write(buffer);
                channel.force(true);
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
            syncDirectory(parent(file));
        } catch (IOException e) {
            var failure = failure(file, e);
            try {
                Files.deleteIfExists(temporary);
            } catch (IOException left) {
                failure.addSuppressed(left);
            }
            throw failure;
        }
    }

    /** Removes a file written here, and what a crash in the middle of that left of it. */
    public static void remove(Path file) {
        try {
            Files.deleteIfExists(file);
            Files.deleteIfExists(temporary(file));
        } catch (IOException e) {
            throw failure(file, e);
        }
    }

    private static Path temporary(Path file) {
        return file.resolveSibling("." + file.getFileName() + ".tmp");
    }

    private static Path parent(Path file) {
        var parent = file.toAbsolutePath().getParent();
        if (parent == null) throw new IllegalArgumentException(file + " has no directory");
        return parent;
    }

    /** Makes directories, 0700. */
    public static void directories(Path directory) throws IOException {
        Files.createDirectories(
                directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    public static void syncDirectory(Path directory) throws IOException {
        try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /**
     * Removes a directory of ours with all in it, never following a link out of it. Somebody who is just ending may
     * still write a last file there: that is waited for, for a moment.
     *
     * @param root the directory of ours that {@code tree} must lie in
     */
    public static void removeTree(Path root, Path tree) {
        if (!tree.normalize().startsWith(root.normalize()) || tree.normalize().equals(root.normalize()))
            throw new IllegalArgumentException(tree + " is not inside " + root);
        try {
            long deadline = System.nanoTime() + LAST_WORDS.toNanos();
            while (!removed(tree, System.nanoTime() > deadline)) LockSupport.parkNanos(1_000_000);
        } catch (NoSuchFileException e) {
            return;
        } catch (UncheckedIOException e) {
            throw failure(tree, new IOException(e.getMessage(), e));
        } catch (IOException e) {
            throw failure(tree, e);
        }
    }

    private static boolean removed(Path tree, boolean last) throws IOException {
        try (var paths = Files.walk(tree)) {
            for (var path : paths.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(path);
            return true;
        } catch (DirectoryNotEmptyException e) {
            if (last) throw e;
            return false;
        }
    }

    public static BangerException failure(Path file, IOException e) {
        // Java closes a channel under an interrupted thread: the operation was cancelled, the disk is well.
        if (e instanceof ClosedByInterruptException)
            return new BangerException(ErrorCode.CANCELLED, file + ": cancelled").because(e);
        var text = String.valueOf(e.getMessage());
        if (text.contains("No space left") || text.contains("Disk quota exceeded"))
            return new BangerException(
                            ErrorCode.HOST_DISK_FULL,
                            file + ": the disk is full",
                            "make room, then again; banger vm prune frees space of ours")
                    .because(e);
        return new BangerException(ErrorCode.INTERNAL, file + ": " + text).because(e);
    }
}
