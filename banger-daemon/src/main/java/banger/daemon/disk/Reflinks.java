package banger.daemon.disk;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;

/** Whether copies of files share what they have in common on a disk. */
@SuppressWarnings("restricted") // three calls into libc: no pointer outlives its call
public final class Reflinks {
    /** {@code _IOW(0x94, 9, int)}, linux/fs.h. */
    private static final long FICLONE = 0x40049409L;

    private static final int O_RDWR = 2;
    private static final int O_CLOEXEC = 0x80000;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle OPEN = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("open"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
            Linker.Option.firstVariadicArg(2));
    private static final MethodHandle IOCTL = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("ioctl"),
            FunctionDescriptor.of(
                    ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT),
            Linker.Option.firstVariadicArg(2));
    private static final MethodHandle CLOSE = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("close"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    private Reflinks() {}

    /** Tries it with two small files in a directory, which are gone when this returns. */
    public static boolean in(Path directory) throws IOException {
        var name = ".reflink-"
                + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
        var source = directory.resolve(name);
        var target = directory.resolve(name + "-copy");
        try {
            Files.write(source, new byte[64 << 10]);
            Files.createFile(target);
            return cloned(source, target);
        } finally {
            Files.deleteIfExists(source);
            Files.deleteIfExists(target);
        }
    }

    private static boolean cloned(Path source, Path target) throws IOException {
        int in = open(source);
        int out = open(target);
        try {
            return in >= 0 && out >= 0 && (int) IOCTL.invokeExact(out, FICLONE, in) == 0;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        } finally {
            close(in);
            close(out);
        }
    }

    private static int open(Path file) {
        try (var arena = java.lang.foreign.Arena.ofConfined()) {
            return (int) OPEN.invokeExact(arena.allocateFrom(file.toString()), O_RDWR | O_CLOEXEC);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private static void close(int descriptor) {
        if (descriptor < 0) return;
        try {
            int ignored = (int) CLOSE.invokeExact(descriptor);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
