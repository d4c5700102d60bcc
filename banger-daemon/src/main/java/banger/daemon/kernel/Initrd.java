package banger.daemon.kernel;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.archive.CpioHeader;
import banger.daemon.archive.CpioWriter;
import banger.daemon.progress.Progress;
import banger.daemon.publish.PublishedFiles;
import banger.daemon.publish.Sha256;
import banger.daemon.publish.SingleFlight;
import banger.daemon.publish.Staging;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * The initrds: the guest program as {@code /init}, then a kernel's early modules. One per kernel and
 * guest program, made when it is first asked for; those of other guest programs are thrown away then.
 */
final class Initrd {
    /** The static guest program has some 100 KiB. */
    private static final long MAX_PROGRAM = 16L << 20;

    private final Path guestProgram;
    private final PublishedFiles published;
    private final SingleFlight<Path> flights = new SingleFlight<>();

    Initrd(Path guestProgram, PublishedFiles published) {
        this.guestProgram = guestProgram;
        this.published = published;
    }

    /** @param directory a published kernel's; its early modules were found intact */
    Path ensure(Path directory) {
        try {
            var program = programHash();
            var file = KernelFiles.initrd(directory, program);
            if (intact(file)) return file;
            return flights.run(file.toString(), Progress.NONE, p -> {
                try {
                    return intact(file) ? file : make(directory, file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Hashed when it is not the file it was: this runs at every start of a VM. */
    private String programHash() throws IOException {
        if (!Files.isRegularFile(guestProgram))
            throw new BangerException(
                    ErrorCode.HOST_TOOL_MISSING,
                    "guest program " + guestProgram + ": not there",
                    "install banger again, or build it with ./mvnw package");
        var known = published.known(guestProgram);
        if (known.isPresent() && published.intact(guestProgram, known.get())) return known.get();
        if (Files.size(guestProgram) > MAX_PROGRAM)
            throw new BangerException(
                    ErrorCode.KERNEL_INVALID, "guest program " + guestProgram + ": larger than 16 MiB");
        var hash = Sha256.of(guestProgram);
        published.published(guestProgram, hash);
        return hash;
    }

    private boolean intact(Path file) {
        var known = published.known(file);
        return known.isPresent() && published.intact(file, known.get());
    }

    private Path make(Path directory, Path file) throws IOException {
        var temporary = directory.resolve(".initrd-" + Staging.randomName());
        try {
            try (var out = new BufferedOutputStream(Files.newOutputStream(temporary), 1 << 16)) {
                var cpio = new CpioWriter(new Uncloseable(out));
                cpio.file(CpioHeader.root("init", 0755), guestProgram);
                cpio.close();
                Files.copy(directory.resolve(KernelFiles.EARLY_MODULES), out);
            }
            var hash = Sha256.of(temporary);
            Staging.seal(temporary);
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            Staging.sync(directory);
            published.published(file, hash);
        } finally {
            Files.deleteIfExists(temporary);
        }
        // What an older guest program left, and what a crash left. A VMM that runs has read its own long ago.
        for (var old : others(directory, file)) {
            Files.deleteIfExists(old);
            published.forget(old);
        }
        return file;
    }

    private static List<Path> others(Path directory, Path current) throws IOException {
        try (var files = Files.list(directory)) {
            return files.filter(f -> KernelFiles.isInitrd(f)
                            || f.getFileName().toString().startsWith(".initrd-"))
                    .filter(f -> !f.equals(current))
                    .toList();
        }
    }

    /** Ends one archive without ending the file. */
    private static final class Uncloseable extends java.io.FilterOutputStream {
        Uncloseable(java.io.OutputStream out) {
            super(out);
        }

        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            out.write(bytes, from, length);
        }

        @Override
        public void close() throws IOException {
            flush();
        }
    }
}
