package banger.daemon.disk;

import banger.daemon.DurableFiles;
import banger.daemon.disk.DiskChain.Format;
import banger.daemon.disk.DiskChain.Layer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Both writable disks of a VM. One file says what they are, so that both change at one moment; without it they are the raw
 * files {@code vdb} and {@code vdc}.
 */
public record DiskChains(DiskChain overlay, DiskChain work) {
    /** In a VM's directory. */
    public static final String FILE = "disks";

    private static final String OVERLAY = "vdb";
    private static final String WORK = "vdc";
    private static final String FIRST_LINE = "banger disks 1";
    /** Of two disks with all the layers that there may be. */
    private static final long MOST_BYTES = 4096;

    public DiskChains {
        if (!overlay.drive().equals(OVERLAY) || !work.drive().equals(WORK))
            throw new IllegalArgumentException("not the disks of a VM");
    }

    /** @throws IOException also when what is written there cannot be understood */
    public static DiskChains read(Path directory) throws IOException {
        var file = directory.resolve(FILE);
        if (Files.notExists(file, LinkOption.NOFOLLOW_LINKS))
            return new DiskChains(raw(directory, OVERLAY), raw(directory, WORK));
        try {
            // A VMM may write to its directory.
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) > MOST_BYTES)
                throw new IOException(file + ": not a description of disks");
            var lines = Files.readString(file, StandardCharsets.US_ASCII).split("\n");
            if (lines.length != 3 || !lines[0].equals(FIRST_LINE))
                throw new IOException(file + ": not a description of disks that this banger understands");
            return new DiskChains(DiskChain.parse(OVERLAY, lines[1]), DiskChain.parse(WORK, lines[2]));
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    private static DiskChain raw(Path directory, String drive) throws IOException {
        try {
            return DiskChain.raw(drive, Files.size(directory.resolve(drive)));
        } catch (NoSuchFileException e) {
            return DiskChain.raw(drive, 0); // whoever opens it says that it is not there
        }
    }

    /** They are these from the moment that this returns, whatever happens to the host. */
    public void write(Path directory) {
        var text = FIRST_LINE + "\n" + overlay.line() + "\n" + work.line() + "\n";
        DurableFiles.write(directory.resolve(FILE), text.getBytes(StandardCharsets.US_ASCII), "rw-------");
    }

    /** They are {@code vdb} and {@code vdc} again. */
    public static void forget(Path directory) throws IOException {
        if (Files.deleteIfExists(directory.resolve(FILE))) DurableFiles.syncDirectory(directory);
    }

    public List<DiskChain> both() {
        return List.of(overlay, work);
    }

    /** Whether they are more than a raw file each. */
    public boolean layered() {
        return both().stream().anyMatch(c -> c.format() != Format.RAW);
    }

    /** How many files the deeper of both has. */
    public int depth() {
        return 1 + both().stream().mapToInt(c -> c.layers().size()).max().orElse(0);
    }

    public Stream<Layer> layers() {
        return both().stream().flatMap(c -> c.layers().stream());
    }

    /** Whether a name in a VM's directory is one that a disk or a layer may have, and none of these has it. */
    public boolean strange(String name) {
        if (both().stream().anyMatch(c -> c.active().equals(name))) return false;
        if (name.startsWith(DiskChain.PLACE))
            return layers().noneMatch(l -> l.place().equals(name));
        return name.matches("vd[bc](\\.[0-9a-f]{8})?");
    }
}
