package banger.daemon.engine;

import banger.daemon.disk.SparseFiles;
import banger.daemon.guest.Deadlines;
import banger.daemon.publish.FileIdentity;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Memory files for engines that open what they map for writing (QEMU before 8.2): each is read once into a memfd,
 * which is sealed against every change, kept by this process, and found by the shim below {@code /proc}. Every VMM that
 * maps it shares its pages. It takes as much memory as the file has data, until {@link #release}, or until no VMM has
 * mapped it for a while. Thread-safe.
 */
@SuppressWarnings("restricted") // three calls into libc: no pointer outlives its call
public final class SealedMemory {
    private static final int MFD_CLOEXEC = 1;
    private static final int MFD_ALLOW_SEALING = 2;
    private static final int F_ADD_SEALS = 1033;
    /** Seal, shrink, grow, write. */
    private static final int EVERY_SEAL = 0xf;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle MEMFD_CREATE = handle(
            "memfd_create", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
    private static final MethodHandle FCNTL = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("fcntl"),
            FunctionDescriptor.of(
                    ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT),
            Linker.Option.firstVariadicArg(2));
    private static final MethodHandle CLOSE =
            handle("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    /** Another VM often follows the last one. */
    private static final Duration KEPT = Duration.ofMinutes(1);

    /** One file's content. */
    private static final class Held {
        /** Of the file that was read: another one may be in its place by now. */
        final String identity;

        final int descriptor;
        int users;
        /** Counts the times that the last user went. */
        int idle;
        /** Nobody new gets it. */
        boolean gone;

        Held(String identity, int descriptor) {
            this.identity = identity;
            this.descriptor = descriptor;
        }
    }

    private final Map<Path, Held> held = new HashMap<>();
    private final Duration kept;

    public SealedMemory() {
        this(KEPT);
    }

    /** @param kept how long a file is held that nobody has mapped */
    SealedMemory(Duration kept) {
        this.kept = kept;
    }

    private static MethodHandle handle(String name, FunctionDescriptor type) {
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), type);
    }

    /**
     * A descriptor of some process.
     *
     * @param holder who has it open
     * @param written whether the VMM fills it; else nobody can change it
     */
    public record Place(ProcessRef holder, int descriptor, boolean written) {}

    /** Memory for a VMM to fill; gone when it is closed and the VMM has ended. */
    public static final class Recording implements AutoCloseable {
        private final int descriptor;
        private final AtomicBoolean closed = new AtomicBoolean();

        private Recording(int descriptor) {
            this.descriptor = descriptor;
        }

        public Place place() {
            return new Place(self(), descriptor, true);
        }

        /** Where this process reads it. */
        public Path path() {
            return Path.of("/proc/self/fd/" + descriptor);
        }

        @Override
        public void close() {
            if (!closed.getAndSet(true)) SealedMemory.close(descriptor);
        }
    }

    /** Nothing but zeroes yet, and nothing of the host's memory taken. */
    public static Recording recording(long bytes) throws IOException {
        int fd = memfd("recording");
        try (var file = new RandomAccessFile("/proc/self/fd/" + fd, "rw")) {
            file.setLength(bytes);
            return new Recording(fd);
        } catch (IOException e) {
            close(fd);
            throw e;
        }
    }

    private static ProcessRef self() {
        return ProcessRef.of(ProcessHandle.current().pid()).orElseThrow();
    }

    /** A file that is held at least until this is closed. */
    public final class Lease implements AutoCloseable {
        private final Path file;
        private final Held of;
        private final AtomicBoolean closed = new AtomicBoolean();

        private Lease(Path file, Held of) {
            this.file = file;
            this.of = of;
        }

        public Place place() {
            return new Place(self(), of.descriptor, false);
        }

        /** Its VMM has ended, or never began. */
        @Override
        public void close() {
            if (!closed.getAndSet(true)) left(file, of);
        }
    }

    /** The file's content, read when just this file is not held yet. */
    public synchronized Lease lease(Path file) throws IOException {
        var identity = FileIdentity.of(file).text();
        var known = held.get(file);
        if (known == null || !known.identity.equals(identity)) {
            release(file);
            known = new Held(identity, read(file));
            held.put(file, known);
        }
        known.users++;
        return new Lease(file, known);
    }

    private synchronized void left(Path file, Held of) {
        if (--of.users > 0) return;
        if (of.gone) {
            close(of.descriptor);
            return;
        }
        int now = ++of.idle;
        Deadlines.after(kept, () -> expire(file, of, now));
    }

    private synchronized void expire(Path file, Held of, int idle) {
        if (of.users == 0 && of.idle == idle && held.get(file) == of) release(file);
    }

    /** Gives its memory back once nobody maps it any more; not held: nothing happens. */
    public synchronized void release(Path file) {
        var known = held.remove(file);
        if (known == null) return;
        known.gone = true;
        if (known.users == 0) close(known.descriptor);
    }

    private static int memfd(String name) throws IOException {
        int fd;
        try (var arena = Arena.ofConfined()) {
            fd = (int) MEMFD_CREATE.invokeExact(arena.allocateFrom(name), MFD_CLOEXEC | MFD_ALLOW_SEALING);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
        if (fd < 0) throw new IOException("no file in memory can be had");
        return fd;
    }

    private static int read(Path file) throws IOException {
        int fd = memfd("template");
        try {
            SparseFiles.fill(file, Path.of("/proc/self/fd/" + fd));
            if (seal(fd) != 0) throw new IOException(file + ": its copy in memory cannot be sealed");
            return fd;
        } catch (IOException | RuntimeException e) {
            close(fd);
            throw e;
        }
    }

    private static int seal(int fd) {
        try {
            return (int) FCNTL.invokeExact(fd, F_ADD_SEALS, EVERY_SEAL);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private static void close(int fd) {
        try {
            int ignored = (int) CLOSE.invokeExact(fd);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
