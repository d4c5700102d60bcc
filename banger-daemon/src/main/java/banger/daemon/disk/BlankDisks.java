package banger.daemon.disk;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.process.Command;
import banger.daemon.process.CommandRunner;
import banger.daemon.progress.Progress;
import banger.daemon.publish.ByteSize;
import banger.daemon.publish.Failures;
import banger.daemon.publish.SingleFlight;
import banger.daemon.publish.Staging;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;

/**
 * Makes the empty disks of VMs. mke2fs runs once for each role and size; after that a disk is a few
 * writes into a new sparse file.
 *
 * <p>The file systems are made with their inode tables and journal already initialised, which costs
 * nothing in a file of holes and spares every guest the background job that would write them all, and
 * the host the space. No resize inode: 196 KiB instead of 4.2 MiB, and ext4 grows without.
 */
public final class BlankDisks {
    /** Room for a journal and something in it. */
    public static final long MIN_SIZE = 64L << 20;

    public static final long MAX_SIZE = 16L << 40;

    private static final int BLOCK = 4096;

    private final Path cache;
    private final CommandRunner runner;
    private final SingleFlight<Blank> flights = new SingleFlight<>();

    /** @param cache deletable at any time */
    public BlankDisks(Path cache, CommandRunner runner) {
        this.cache = cache;
        this.runner = runner;
    }

    /**
     * Makes {@code target}, which must not exist: 0600, sparse, durable when this returns.
     *
     * @param size bytes, a multiple of 4096 within {@link #MIN_SIZE} and {@link #MAX_SIZE}
     */
    public void create(DiskRole role, long size, Path target) {
        if (size % BLOCK != 0 || size < MIN_SIZE || size > MAX_SIZE)
            throw new BangerException(
                    ErrorCode.USAGE,
                    "disk of " + size + " bytes: a disk has 64 MiB to 16 TiB, in whole blocks of 4096 bytes");
        try {
            blank(role, size).write(target);
        } catch (IOException e) {
            throw Failures.of("disk " + target, e);
        }
    }

    private Blank blank(DiskRole role, long size) throws IOException {
        var file = cache.resolve(role.name().toLowerCase(java.util.Locale.ROOT) + "-" + size + ".blank");
        if (Files.exists(file)) {
            try {
                return Blank.read(file);
            } catch (IOException e) {
                // A cache may be damaged; it is made again.
                Files.deleteIfExists(file);
            }
        }
        return flights.run(file.toString(), Progress.NONE, p -> {
            try {
                return make(role, size, file);
            } catch (IOException e) {
                throw Failures.of("blank disk of " + ByteSize.text(size), e);
            }
        });
    }

    private Blank make(DiskRole role, long size, Path file) throws IOException {
        Files.createDirectories(cache);
        var temporary = cache.resolve(".blank-" + Staging.randomName());
        try {
            try (var empty = new RandomAccessFile(temporary.toFile(), "rw")) {
                empty.setLength(size);
            }
            var result = runner.run(Command.of(
                            "mke2fs",
                            "-q",
                            "-F",
                            "-t",
                            "ext4",
                            "-b",
                            "" + BLOCK,
                            "-m",
                            "0",
                            "-L",
                            role.label(),
                            "-O",
                            "^resize_inode",
                            "-E",
                            "lazy_itable_init=0,lazy_journal_init=0,nodiscard,root_owner=0:0",
                            temporary.toString())
                    .within(Duration.ofMinutes(2)));
            if (!result.ok())
                throw new BangerException(
                        ErrorCode.HOST_TOOL_FAILED,
                        "blank disk of " + ByteSize.text(size) + ": mke2fs: " + result.reason());
            var blank = Blank.of(temporary);
            var kept = cache.resolve(".blank-" + Staging.randomName());
            Files.write(kept, blank.encoded());
            Files.move(kept, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return blank;
        } finally {
            Files.deleteIfExists(temporary);
        }
    }
}
