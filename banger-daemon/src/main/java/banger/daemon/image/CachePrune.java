package banger.daemon.image;

import banger.daemon.publish.ByteSize;
import banger.daemon.publish.Staging;
import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * What emptying a cache freed, or would free.
 *
 * @param directory the cache
 */
public record CachePrune(Path directory, int files, long bytes) {
    /** Counts and changes nothing; a cache that is not there is empty. */
    public static CachePrune tally(Path directory) throws IOException {
        var count = new int[1];
        var bytes = new long[1];
        if (!Files.isDirectory(directory)) return new CachePrune(directory, 0, 0);
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                count[0]++;
                bytes[0] += attributes.size();
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                // Gone since it was listed: somebody else is pruning, or a build has renamed it.
                if (e instanceof NoSuchFileException) return FileVisitResult.CONTINUE;
                throw e;
            }
        });
        return new CachePrune(directory, count[0], bytes[0]);
    }

    /** Renames the cache aside first, so that whoever uses it sees it whole or not at all. */
    public static CachePrune prune(Path directory) throws IOException {
        var freed = tally(directory);
        if (!Files.isDirectory(directory)) return freed;
        var aside = directory.resolveSibling(directory.getFileName() + ".pruned-" + Staging.randomName());
        try {
            Files.move(directory, aside, StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException | AtomicMoveNotSupportedException e) {
            return new CachePrune(directory, 0, 0);
        }
        Files.createDirectories(directory);
        Staging.delete(aside);
        return freed;
    }

    /** {@code 1.2 GiB across 47 files in /…/cache}. */
    public String text() {
        return ByteSize.text(bytes) + " across " + files + (files == 1 ? " file" : " files") + " in " + directory;
    }
}
