package banger.daemon.vm;

import banger.api.Layout;
import banger.daemon.DurableFiles;
import banger.daemon.template.Template;
import banger.workspace.Beside;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** What this host knows of a VM's workspaces: for another VM, and as one file of an environment and back. */
final class SavedWorkspaces {
    private final Layout layout;

    SavedWorkspaces(Layout layout) {
        this.layout = layout;
    }

    private Path of(VmId vm) {
        return layout.workspaces().resolve(vm.value());
    }

    /** A new file with all of it. */
    void pack(VmId vm, Path file) throws IOException {
        var from = of(vm);
        try (var out = Files.newOutputStream(file, StandardOpenOption.CREATE_NEW);
                var tar = new TarArchiveOutputStream(out, StandardCharsets.UTF_8.name())) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
            if (!Files.isDirectory(from, LinkOption.NOFOLLOW_LINKS)) return;
            for (var path : all(from)) if (!path.equals(from)) put(tar, from, path);
        }
    }

    private static void put(TarArchiveOutputStream tar, Path from, Path path) throws IOException {
        boolean directory = directory(path);
        var entry = new TarArchiveEntry(from.relativize(path) + (directory ? "/" : ""));
        if (!directory) entry.setSize(Files.size(path));
        tar.putArchiveEntry(entry);
        if (!directory) Files.copy(path, tar);
        tar.closeArchiveEntry();
    }

    /** What an environment knows of its workspaces becomes a VM's; the template stays where it is until this is over. */
    Beside<Path> unpacking(Template template, VmId vm) throws IOException {
        if (template.manifest().about().setup() == null) return Beside.of("unpack-nothing", () -> of(vm));
        var packed = Files.newInputStream(template.workspaces());
        return Beside.of("unpack-" + vm, () -> {
            try (packed) {
                unpack(packed, vm);
                return of(vm);
            } catch (IOException e) {
                throw DurableFiles.failure(of(vm), e);
            }
        });
    }

    /** What was packed becomes another VM's. */
    void unpack(InputStream file, VmId vm) throws IOException {
        var to = of(vm);
        remove(vm);
        DurableFiles.directories(to);
        try (var tar =
                new TarArchiveInputStream(new BufferedInputStream(file, 1 << 16), StandardCharsets.UTF_8.name())) {
            for (TarArchiveEntry entry; (entry = tar.getNextEntry()) != null; ) {
                var path = to.resolve(entry.getName()).normalize();
                if (!path.startsWith(to)) throw new IOException(entry.getName() + ": leads out of its directory");
                if (entry.isDirectory()) {
                    DurableFiles.directories(path);
                    continue;
                }
                if (!entry.isFile()) throw new IOException(entry.getName() + ": neither a file nor a directory");
                try (var out = Files.newOutputStream(path, StandardOpenOption.CREATE_NEW)) {
                    copy(tar, out);
                }
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
            }
        }
    }

    private static void copy(InputStream from, OutputStream to) throws IOException {
        var buffer = new byte[1 << 18];
        for (int n; (n = from.read(buffer)) > 0; ) to.write(buffer, 0, n);
    }

    /** What is known of a VM's is known of its copy's. */
    void copy(VmId vm, VmId copy) {
        var from = of(vm);
        if (!Files.isDirectory(from, LinkOption.NOFOLLOW_LINKS)) return;
        var to = of(copy);
        try {
            for (var path : all(from)) {
                var target = to.resolve(from.relativize(path));
                if (directory(path)) DurableFiles.directories(target);
                else Files.copy(path, target, StandardCopyOption.COPY_ATTRIBUTES);
            }
        } catch (IOException e) {
            throw DurableFiles.failure(to, e);
        }
    }

    /** Directories before what is in them; nothing but those and files, as nothing else of ours is there. */
    private static List<Path> all(Path directory) throws IOException {
        try (var all = Files.walk(directory)) {
            var paths = all.sorted(Comparator.naturalOrder()).toList();
            for (var path : paths)
                if (!directory(path) && !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS))
                    throw new IOException(path + ": neither a file nor a directory");
            return paths;
        }
    }

    private static boolean directory(Path path) {
        return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
    }

    void remove(VmId vm) {
        DurableFiles.removeTree(layout.workspaces(), of(vm));
    }
}
