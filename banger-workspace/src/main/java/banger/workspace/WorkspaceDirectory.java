package banger.workspace;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Layout;
import io.avaje.json.JsonException;
import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * What we keep of one workspace, {@code $STATE/workspaces/VM/ID}: its record, the shadow repository, and
 * the stat cache of the host's files. ID is made of the guest path. Goes with the VM.
 */
public record WorkspaceDirectory(Path root) {
    public static WorkspaceDirectory of(Layout layout, String vm, GuestPath path) {
        return new WorkspaceDirectory(layout.workspaces().resolve(vm).resolve(id(path)));
    }

    /** Those of a VM, whether a prepare went through there or not; in no order. */
    public static List<WorkspaceDirectory> all(Layout layout, String vm) {
        var found = new ArrayList<WorkspaceDirectory>();
        try (var directories = Files.newDirectoryStream(layout.workspaces().resolve(vm), "????????????")) {
            directories.forEach(d -> found.add(new WorkspaceDirectory(d)));
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw failure(layout.workspaces().resolve(vm), e);
        }
        return found;
    }

    /** 12 hexadecimal digits. */
    private static String id(GuestPath path) {
        try {
            var digest =
                    MessageDigest.getInstance("SHA-256").digest(path.value().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 6);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The bare repository of ours. */
    public Path shadow() {
        return root.resolve("shadow.git");
    }

    /** (path, stat) to id of the host's files, as they were delivered. */
    public Path statCache() {
        return root.resolve("stat-cache");
    }

    /** There when the guest had no mise after it was set up, just before it was saved. */
    public Path withoutMise() {
        return root.resolve("without-mise");
    }

    private Path record() {
        return root.resolve("record.json");
    }

    /** Makes the directory, 0700. */
    public void make() {
        try {
            Files.createDirectories(
                    root, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        } catch (IOException e) {
            throw failure(root, e);
        }
    }

    /** What the last prepare that went through wrote. */
    public Optional<WorkspaceRecord> load() {
        try {
            return Optional.of(Jsonb.instance().type(WorkspaceRecord.class).fromJson(Files.readString(record())));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (JsonException e) {
            throw new BangerException(
                            ErrorCode.INTERNAL,
                            record() + ": not a workspace's record",
                            "the next prepare writes it anew once this file is gone")
                    .because(e);
        } catch (IOException e) {
            throw failure(record(), e);
        }
    }

    /** Replaces the record; it is on disk when this returns. */
    public void save(WorkspaceRecord value) {
        var temporary = record().resolveSibling(".record.tmp");
        try {
            Files.writeString(
                    temporary, Jsonb.instance().type(WorkspaceRecord.class).toJson(value));
            try (var channel = java.nio.channels.FileChannel.open(temporary, java.nio.file.StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            Files.move(temporary, record(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw failure(record(), e);
        }
    }

    static BangerException failure(Path file, IOException e) {
        var full = String.valueOf(e.getMessage()).contains("No space left");
        return new BangerException(
                        full ? ErrorCode.HOST_DISK_FULL : ErrorCode.INTERNAL,
                        file + ": " + (full ? "the disk is full" : e.getMessage()))
                .because(e);
    }
}
