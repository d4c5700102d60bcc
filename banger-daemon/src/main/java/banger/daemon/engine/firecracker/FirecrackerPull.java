package banger.daemon.engine.firecracker;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.progress.Progress;
import banger.daemon.publish.ByteSize;
import banger.daemon.publish.Download;
import banger.daemon.publish.Failures;
import banger.daemon.publish.Sha256;
import banger.daemon.publish.SingleFlight;
import banger.daemon.publish.Staging;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * Fetches releases of Firecracker. Nothing looks into an archive whose SHA-256 is not the expected one, and
 * only its two programs are taken out. Thread-safe; one release is fetched once however many ask for it.
 */
public final class FirecrackerPull {
    private static final List<String> PROGRAMS = List.of("firecracker", "jailer");
    private static final long MAX_ARCHIVE = 64L << 20;
    private static final long MAX_PROGRAM = 64L << 20;
    /** Release archives also carry debug symbols, which are read over. */
    private static final long MAX_UNPACKED = 1L << 30;

    private final Path directory;
    private final URI releases;
    private final Download download;
    private final SingleFlight<Path> flights = new SingleFlight<>();

    /**
     * @param directory of pulled engines
     * @param releases the address below which they lie; ends in a slash
     */
    public FirecrackerPull(Path directory, URI releases, Download download) {
        this.directory = directory;
        this.releases = releases;
        this.download = download;
    }

    /** Removes what a crash left; for the daemon's start. */
    public void sweep() {
        try {
            Staging.sweep(directory);
        } catch (IOException e) {
            throw Failures.of("engines", e);
        }
    }

    /**
     * The release's program, here when this returns.
     *
     * @throws BangerException {@code engine.pull-failed}; nothing is left then
     */
    public Path pull(FirecrackerRelease release, Progress progress) {
        var object = "engine firecracker " + release.version();
        var program = FirecrackerProgram.pulledTo(directory, release.version());
        return flights.run(object, progress, p -> {
            if (Files.isExecutable(program)) {
                p.note(object + ": already here");
                return program;
            }
            try {
                fetch(release, object, p);
                return program;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new BangerException(ErrorCode.CANCELLED, object + ": cancelled").because(e);
            } catch (IOException e) {
                throw Failures.of(object, e);
            }
        });
    }

    private void fetch(FirecrackerRelease release, String object, Progress progress)
            throws IOException, InterruptedException {
        long start = System.nanoTime();
        var address = releases.resolve(release.address());
        try (var staging = Staging.below(directory)) {
            var archive = staging.directory().resolve("archive");
            try {
                download.fetch(address, archive, MAX_ARCHIVE, n -> progress.doing(object, "fetching", n, 0));
            } catch (Download.Refused e) {
                throw failed(object, address + ": " + e.getMessage()).because(e);
            }
            long size = Files.size(archive);
            if (!Sha256.of(archive).equals(release.sha256()))
                throw failed(object, address + ": its bytes are not the expected ones (SHA-256)");
            unpack(release, object, archive, staging.directory());
            Files.delete(archive);
            staging.publish(FirecrackerProgram.directoryName(release.version()), d -> false);
            progress.done(object, "fetched " + ByteSize.text(size), (System.nanoTime() - start) / 1_000_000);
        }
    }

    private static void unpack(FirecrackerRelease release, String object, Path archive, Path to) throws IOException {
        var missing = new ArrayList<>(PROGRAMS);
        try (var tar = new TarArchiveInputStream(
                new Bounded(new GZIPInputStream(Files.newInputStream(archive), 1 << 16), MAX_UNPACKED))) {
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                for (var program : PROGRAMS) {
                    if (!entry.getName().equals(release.member(program))) continue;
                    if (!missing.remove(program)) throw failed(object, "its archive has " + program + " twice");
                    take(entry, tar, object, to.resolve(program));
                }
            }
        } catch (BangerException | java.nio.file.FileSystemException e) {
            throw e;
        } catch (IOException e) {
            if (Thread.currentThread().isInterrupted()) throw e;
            throw failed(object, "its archive cannot be read: " + e.getMessage())
                    .because(e);
        }
        if (!missing.isEmpty()) throw failed(object, "its archive has no " + release.member(missing.getFirst()));
    }

    private static void take(TarArchiveEntry entry, TarArchiveInputStream tar, String object, Path to)
            throws IOException {
        boolean plain = entry.isFile() && !entry.isLink() && !entry.isSymbolicLink() && !entry.isSparse();
        if (!plain || entry.getSize() < 1 || entry.getSize() > MAX_PROGRAM)
            throw failed(object, "in its archive, " + to.getFileName() + " is no file, or too large");
        Files.copy(tar, to);
        Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("r-xr-xr-x"));
    }

    private static BangerException failed(String object, String why) {
        return new BangerException(
                ErrorCode.ENGINE_PULL_FAILED,
                object + ": " + why,
                "firecracker_bin in the configuration, for one of your own",
                "--engine qemu");
    }

    /** Ends with an error where an archive goes on for longer than any real one. */
    private static final class Bounded extends java.io.FilterInputStream {
        private long left;

        Bounded(InputStream in, long most) {
            super(in);
            this.left = most;
        }

        @Override
        public int read() throws IOException {
            int b = super.read();
            if (b >= 0) count(1);
            return b;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int n = super.read(bytes, offset, length);
            if (n > 0) count(n);
            return n;
        }

        @Override
        public long skip(long n) throws IOException {
            long skipped = super.skip(n);
            count(skipped);
            return skipped;
        }

        private void count(long n) throws IOException {
            left -= n;
            if (left < 0) throw new IOException("it unpacks to more than a release has");
        }
    }
}
