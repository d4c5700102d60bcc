package banger.cli.environment;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Layout;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** What its owner agreed to, repository by repository: the digest of one {@code .banger.toml} each. */
public final class Approvals {
    private static final int DIGITS = 64;

    private final Path directory;

    public Approvals(Layout layout) {
        this.directory = layout.approvals();
    }

    /** @param top of the work tree */
    public boolean has(Path top, String digest) {
        var file = file(top);
        try (var in = Files.newInputStream(file)) {
            return new String(in.readNBytes(DIGITS), StandardCharsets.US_ASCII).equals(digest);
        } catch (NoSuchFileException e) {
            return false;
        } catch (IOException e) {
            throw failure(file, e);
        }
    }

    /** In place of what was agreed to before; on disk when this returns. */
    public void record(Path top, String digest) {
        var file = file(top);
        var temporary = directory.resolve(
                "." + file.getFileName() + "." + ProcessHandle.current().pid());
        try {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            Files.deleteIfExists(temporary);
            try (var out = FileChannel.open(
                    temporary,
                    Set.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
                var bytes = ByteBuffer.wrap((digest + "\n").getBytes(StandardCharsets.US_ASCII));
                while (bytes.hasRemaining()) out.write(bytes);
                out.force(true);
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            try (var entries = FileChannel.open(directory, StandardOpenOption.READ)) {
                entries.force(true);
            }
        } catch (IOException e) {
            throw failure(file, e);
        }
    }

    /** By where it really lies: a link to it is no other repository. */
    private Path file(Path top) {
        try {
            var real = top.toRealPath().toString().getBytes(StandardCharsets.UTF_8);
            return directory.resolve(EnvironmentFile.sha256(real));
        } catch (IOException e) {
            throw failure(top, e);
        }
    }

    private static BangerException failure(Path file, IOException e) {
        var full = String.valueOf(e.getMessage()).contains("No space left");
        return new BangerException(
                        full ? ErrorCode.HOST_DISK_FULL : ErrorCode.INTERNAL,
                        file + ": " + (full ? "the disk is full" : e.getMessage()))
                .because(e);
    }
}
