package banger.daemon.userfiles;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.api.Size;
import banger.daemon.config.FileSync;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Finds the files that {@code [[file_sync]]} names. Nothing outside the owner's home gets into a guest: the named path
 * may be a link only to a place inside, and a link further down is left out.
 */
final class SyncedFiles {
    private static final long LIMIT = Size.GIB;
    private static final int MOST = 100_000;

    private final Path home;
    private final List<FileSync> entries;
    private final Consumer<String> warnings;
    private final List<UserFile> found = new ArrayList<>();
    private long bytes;

    private SyncedFiles(Path home, List<FileSync> entries, Consumer<String> warnings) {
        this.home = home;
        this.entries = entries;
        this.warnings = warnings;
    }

    /**
     * @param warnings told what was left out
     * @return in the order of the entries, a directory before what is in it
     * @throws BangerException {@code config.invalid} for a path that leads out of home, or one that cannot be read, or more than 1 GiB or 100,000 files
     */
    static List<UserFile> find(Path home, List<FileSync> entries, Consumer<String> warnings) {
        if (entries.isEmpty()) return List.of();
        return new SyncedFiles(home, entries, warnings).find();
    }

    private List<UserFile> find() {
        for (var entry : entries) {
            try {
                one(entry);
            } catch (NoSuchFileException e) {
                warnings.accept(entry.label() + ": " + Printable.line(String.valueOf(e.getMessage()))
                        + " is not there; left out");
            } catch (IOException e) {
                throw new BangerException(
                                ErrorCode.CONFIG_INVALID,
                                entry.label() + ": " + Printable.line(entry.host() + ": " + e.getMessage()),
                                "make it readable, or take the entry out of config.toml")
                        .because(e);
            }
        }
        return found;
    }

    private void one(FileSync entry) throws IOException {
        var real = entry.host().toRealPath();
        if (!real.startsWith(home.toRealPath()))
            throw new BangerException(
                    ErrorCode.CONFIG_INVALID,
                    entry.label() + ": " + Printable.line(entry.host() + " leads to " + real) + ", outside " + home);
        var attributes = Files.readAttributes(real, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (attributes.isDirectory()) directory(entry, real, entry.guest(), attributes);
        else if (attributes.isRegularFile()) file(entry, real, entry.guest(), entry.mode(), attributes.size());
        else warnings.accept(entry.label() + ": " + Printable.line(entry.host() + " is no file; left out"));
    }

    private void directory(FileSync entry, Path from, String to, PosixFileAttributes attributes) throws IOException {
        add(entry, new UserFile.Directory(to, mode(attributes.permissions())));
        var children = new ArrayList<Path>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(from)) {
            stream.forEach(children::add);
        }
        children.sort(null);
        for (var child : children) {
            var name = to + "/" + child.getFileName();
            var a = Files.readAttributes(child, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (a.isDirectory()) directory(entry, child, name, a);
            else if (a.isRegularFile()) file(entry, child, name, mode(a.permissions()), a.size());
            else
                warnings.accept(entry.label() + ": "
                        + Printable.line(child + (a.isSymbolicLink() ? " is a link" : " is no file") + "; left out"));
        }
    }

    private void file(FileSync entry, Path from, String to, int mode, long size) throws IOException {
        if (!Files.isReadable(from)) throw new IOException("may not be read");
        bytes += size;
        add(entry, new UserFile.HostFile(to, mode, from, size));
    }

    private void add(FileSync entry, UserFile file) {
        found.add(file);
        if (bytes > LIMIT || found.size() > MOST)
            throw new BangerException(
                    ErrorCode.CONFIG_INVALID,
                    entry.label() + ": synced files are more than " + Size.human(LIMIT) + " or " + MOST + " files",
                    "sync less, or put it into an image");
    }

    private static int mode(Set<PosixFilePermission> permissions) {
        int bits = 0;
        for (var p : permissions) bits |= 0400 >> p.ordinal();
        return bits;
    }
}
