package banger.daemon.vm;

import banger.api.Layout;
import banger.daemon.DurableFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** What this host knows of a VM's workspaces, as one file of an environment and back. */
final class SavedWorkspaces {
    private final Layout layout;

    SavedWorkspaces(Layout layout) {
        this.layout = layout;
    }

    private Path of(VmId vm) {
        return layout.workspaces().resolve(vm.value());
    }

    /** A new file with all of it; directories and files only, as nothing else of ours is there. */
    void pack(VmId vm, Path file) throws IOException {
        var from = of(vm);
        try (var out = Files.newOutputStream(file, StandardOpenOption.CREATE_NEW);
                var tar = new TarArchiveOutputStream(out, StandardCharsets.UTF_8.name())) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
            if (!Files.isDirectory(from, LinkOption.NOFOLLOW_LINKS)) return;
            try (var all = Files.walk(from)) {
                for (var path : all.filter(p -> !p.equals(from))
                        .sorted(Comparator.naturalOrder())
                        .toList()) put(tar, from, path);
            }
        }
    }

    private static void put(TarArchiveOutputStream tar, Path from, Path path) throws IOException {
        boolean directory = Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
        if (!directory && !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS))
            throw new IOException(path + ": neither a file nor a directory");
        var entry = new TarArchiveEntry(from.relativize(path) + (directory ? "/" : ""));
        if (!directory) entry.setSize(Files.size(path));
        tar.putArchiveEntry(entry);
        if (!directory) Files.copy(path, tar);
        tar.closeArchiveEntry();
    }

    /** What was packed becomes another VM's. */
    void unpack(Path file, VmId vm) throws IOException {
        var to = of(vm);
        remove(vm);
        DurableFiles.directories(to);
        try (var tar = new TarArchiveInputStream(Files.newInputStream(file), StandardCharsets.UTF_8.name())) {
            for (TarArchiveEntry entry; (entry = tar.getNextEntry()) != null; ) {
                var path = to.resolve(entry.getName()).normalize();
                if (!path.startsWith(to)) throw new IOException(file + ": leads out of its directory");
                if (entry.isDirectory()) {
                    DurableFiles.directories(path);
                    continue;
                }
                if (!entry.isFile()) throw new IOException(file + ": neither files nor directories in it");
                Files.copy(tar, path);
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
            }
        }
    }

    void remove(VmId vm) {
        DurableFiles.removeTree(layout.workspaces(), of(vm));
    }
}
