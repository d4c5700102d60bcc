package banger.daemon.disk;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * Bytes a file takes on disk, holes not counted. Java has no st_blocks, so this asks statx(2).
 *
 * <p>Safety: the path is NUL-terminated by {@code allocateFrom}, the buffer is larger than struct statx
 * (256 bytes), and both live until the call returns.
 */
@SuppressWarnings("restricted") // one call into libc, argued for above
public final class AllocatedSize {
    private static final int AT_FDCWD = -100;
    private static final int AT_SYMLINK_NOFOLLOW = 0x100;
    private static final int STATX_BLOCKS = 0x400;
    private static final long STX_BLOCKS_OFFSET = 48;
    private static final int STATX_SIZE = 256;
    private static final MethodHandle STATX = Linker.nativeLinker()
            .downcallHandle(
                    Linker.nativeLinker().defaultLookup().findOrThrow("statx"),
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_INT,
                            ValueLayout.ADDRESS,
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_INT,
                            ValueLayout.ADDRESS));

    private AllocatedSize() {}

    public static long of(Path file) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var buffer = arena.allocate(STATX_SIZE, 8);
            int result = (int) STATX.invokeExact(
                    AT_FDCWD, arena.allocateFrom(file.toString()), AT_SYMLINK_NOFOLLOW, STATX_BLOCKS, buffer);
            if (result != 0) throw new IOException(file + ": cannot be examined");
            return buffer.get(ValueLayout.JAVA_LONG, STX_BLOCKS_OFFSET) * 512;
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
