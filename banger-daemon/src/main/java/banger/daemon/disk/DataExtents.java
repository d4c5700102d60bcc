package banger.daemon.disk;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Where a sparse file has data: lseek(2) with SEEK_DATA, which Java has no call for. */
final class DataExtents {
    private static final int O_RDONLY_CLOEXEC = 0x80000;
    private static final int SEEK_DATA = 3;
    private static final int SEEK_HOLE = 4;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle OPEN =
            handle("open", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
    private static final MethodHandle LSEEK = handle(
            "lseek",
            FunctionDescriptor.of(
                    ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT));
    private static final MethodHandle CLOSE =
            handle("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    private DataExtents() {}

    /** A run of data; the file may still have zeros in it. */
    record Extent(long offset, long length) {}

    @SuppressWarnings("restricted")
    private static MethodHandle handle(String name, FunctionDescriptor type) {
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), type);
    }

    /** In order, not touching; a file system that knows no holes gives one for the whole file. */
    static List<Extent> of(Path file) throws IOException {
        try (var arena = Arena.ofConfined()) {
            int fd = (int) OPEN.invokeExact(arena.allocateFrom(file.toString()), O_RDONLY_CLOEXEC);
            if (fd < 0) throw new IOException(file + ": cannot be opened");
            try {
                var extents = new ArrayList<Extent>();
                long at = 0;
                while ((at = (long) LSEEK.invokeExact(fd, at, SEEK_DATA)) >= 0) {
                    long end = (long) LSEEK.invokeExact(fd, at, SEEK_HOLE);
                    if (end <= at) throw new IOException(file + ": its holes cannot be read");
                    extents.add(new Extent(at, end - at));
                    at = end;
                }
                return extents;
            } finally {
                int ignored = (int) CLOSE.invokeExact(fd);
            }
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
