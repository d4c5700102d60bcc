package banger.workspace;

import java.io.IOException;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * The system calls that Java has no name for, beneath a directory and over no link: Java's own files decode names by the
 * locale and follow links; a repository's names are bytes, and its links may lead anywhere.
 */
public final class Syscalls {
    public static final int ENOENT = 2;
    public static final int ENXIO = 6;
    public static final int EACCES = 13;
    public static final int EEXIST = 17;
    public static final int EXDEV = 18;
    public static final int ENOTDIR = 20;
    public static final int ENAMETOOLONG = 36;
    public static final int ENOTEMPTY = 39;
    public static final int ELOOP = 40;

    public static final int O_PATH = 010000000;
    public static final int O_NOFOLLOW = 0400000;
    public static final int O_NONBLOCK = 04000;
    public static final int O_DIRECTORY = 0200000;
    private static final int O_CLOEXEC = 02000000;

    public static final int RENAME_NOREPLACE = 1;
    public static final int AT_FDCWD = -100;
    private static final int AT_REMOVEDIR = 0x200;
    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int AT_SYMLINK_NOFOLLOW = 0x100;
    private static final int STATX_BASIC = 0x7ff;
    private static final long BENEATH_WITHOUT_LINKS = 0x08 | 0x04;
    private static final long OPENAT2 = 437;
    private static final int LONGEST_LINK = 4096;
    private static final byte[] NOTHING = {};

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final AddressLayout POINTER = ValueLayout.ADDRESS;
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private static final MethodHandle SYSCALL = handle(
            "syscall",
            FunctionDescriptor.of(LONG, LONG, INT, POINTER, POINTER, LONG),
            Linker.Option.firstVariadicArg(1));
    private static final MethodHandle STATX =
            handle("statx", FunctionDescriptor.of(INT, INT, POINTER, INT, INT, POINTER));
    private static final MethodHandle READ = handle("read", FunctionDescriptor.of(LONG, INT, POINTER, LONG));
    private static final MethodHandle READLINKAT =
            handle("readlinkat", FunctionDescriptor.of(LONG, INT, POINTER, POINTER, LONG));
    private static final MethodHandle SYMLINK = handle("symlink", FunctionDescriptor.of(INT, POINTER, POINTER));
    private static final MethodHandle MKDIRAT = handle("mkdirat", FunctionDescriptor.of(INT, INT, POINTER, INT));
    private static final MethodHandle UNLINKAT = handle("unlinkat", FunctionDescriptor.of(INT, INT, POINTER, INT));
    private static final MethodHandle LINKAT =
            handle("linkat", FunctionDescriptor.of(INT, INT, POINTER, INT, POINTER, INT));
    private static final MethodHandle RENAMEAT2 =
            handle("renameat2", FunctionDescriptor.of(INT, INT, POINTER, INT, POINTER, INT));
    private static final MethodHandle CLOSE = handle("close", FunctionDescriptor.of(INT, INT));

    private Syscalls() {}

    /** A call that the kernel refused. */
    public static final class Refused extends IOException {
        private static final long serialVersionUID = 1;

        private final int errno;

        Refused(String call, int errno) {
            super(call + ": " + said(errno));
            this.errno = errno;
        }

        public int errno() {
            return errno;
        }

        private static String said(int errno) {
            return switch (errno) {
                case ENOENT -> "not there";
                case EACCES, 1 -> "permission denied";
                case EEXIST -> "something is there";
                case EXDEV -> "on another file system";
                case ENOTDIR, ELOOP -> "the way there is no directory";
                case ENOTEMPTY -> "the directory is not empty";
                case 28 -> "No space left on device";
                case 30 -> "read-only file system";
                default -> "errno " + errno;
            };
        }
    }

    @SuppressWarnings("restricted") // nothing but the C library is linked; every launcher allows it
    private static MethodHandle handle(String function, FunctionDescriptor type, Linker.Option... more) {
        var linker = Linker.nativeLinker();
        var options = new Linker.Option[more.length + 1];
        options[0] = Linker.Option.captureCallState("errno");
        System.arraycopy(more, 0, options, 1, more.length);
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(function), type, options);
    }

    /** One call: its memory lives as long as it. */
    private interface Call {
        long make(MemorySegment state, Arena arena) throws Throwable;
    }

    private static long call(String name, Call call) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var state = arena.allocate(STATE);
            long result = call.make(state, arena);
            if (result < 0) throw new Refused(name, (int) ERRNO.get(state, 0L));
            return result;
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private static MemorySegment text(Arena arena, byte[] bytes) {
        var segment = arena.allocate(bytes.length + 1L);
        MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return segment;
    }

    /** Opens beneath a directory, over no link. */
    public static int open(int directory, byte[] path, int flags) throws IOException {
        return (int) call("open", (state, arena) -> {
            var how = arena.allocate(24, 8);
            how.set(LONG, 0, flags | O_CLOEXEC);
            how.set(LONG, 16, BENEATH_WITHOUT_LINKS);
            return (long) SYSCALL.invokeExact(state, OPENAT2, directory, text(arena, path), how, 24L);
        });
    }

    /** A directory that the user names. */
    public static int openDirectory(byte[] path) throws IOException {
        return (int) call("open", (state, arena) -> {
            var how = arena.allocate(24, 8);
            how.set(LONG, 0, O_PATH | O_DIRECTORY | O_CLOEXEC);
            return (long) SYSCALL.invokeExact(state, OPENAT2, AT_FDCWD, text(arena, path), how, 24L);
        });
    }

    public static FileStat stat(int file) throws IOException {
        return stat(file, NOTHING, AT_EMPTY_PATH);
    }

    /**
     * What has a name in an open directory, a link itself.
     *
     * @param name without a slash
     */
    public static FileStat stat(int directory, byte[] name) throws IOException {
        return stat(directory, name, AT_SYMLINK_NOFOLLOW);
    }

    private static FileStat stat(int at, byte[] name, int flags) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var to = arena.allocate(256, 8);
            call("stat", (state, text) -> (int) STATX.invokeExact(state, at, text(text, name), flags, STATX_BASIC, to));
            return new FileStat(
                    to.get(ValueLayout.JAVA_SHORT, 28) & 0xffff,
                    to.get(LONG, 40),
                    time(to, 112),
                    time(to, 96),
                    to.get(LONG, 32),
                    (long) to.get(INT, 136) << 32 | to.get(INT, 140) & 0xffffffffL);
        }
    }

    private static long time(MemorySegment stat, long offset) {
        return stat.get(LONG, offset) * 1_000_000_000 + stat.get(INT, offset + 8);
    }

    /**
     * Reads on in a file.
     *
     * @param into native memory, so that nothing is allocated a call
     * @return how many bytes; 0: the end
     */
    public static int read(int file, MemorySegment into) throws IOException {
        return (int) call("read", (state, _) -> (long) READ.invokeExact(state, file, into, into.byteSize()));
    }

    /** The target of the link that was opened with {@link #O_PATH}. */
    public static byte[] link(int file) throws IOException {
        var target = new byte[1][];
        call("readlink", (state, arena) -> {
            var buffer = arena.allocate(LONGEST_LINK);
            long n = (long) READLINKAT.invokeExact(state, file, text(arena, NOTHING), buffer, (long) LONGEST_LINK);
            if (n >= 0) target[0] = buffer.asSlice(0, n).toArray(ValueLayout.JAVA_BYTE);
            return n;
        });
        return target[0];
    }

    public static void symlink(byte[] target, byte[] path) throws IOException {
        call("symlink", (state, arena) -> (int) SYMLINK.invokeExact(state, text(arena, target), text(arena, path)));
    }

    public static void makeDirectory(int directory, byte[] name) throws IOException {
        call("mkdir", (state, arena) -> (int) MKDIRAT.invokeExact(state, directory, text(arena, name), 0777));
    }

    public static void removeDirectory(int directory, byte[] name) throws IOException {
        call("rmdir", (state, arena) -> (int) UNLINKAT.invokeExact(state, directory, text(arena, name), AT_REMOVEDIR));
    }

    public static void unlink(int directory, byte[] name) throws IOException {
        call("unlink", (state, arena) -> (int) UNLINKAT.invokeExact(state, directory, text(arena, name), 0));
    }

    public static void linkTo(int from, byte[] name, byte[] path) throws IOException {
        call("link", (state, arena) ->
                (int) LINKAT.invokeExact(state, from, text(arena, name), AT_FDCWD, text(arena, path), 0));
    }

    public static void rename(int from, byte[] name, int to, byte[] target, int flags) throws IOException {
        call("rename", (state, arena) ->
                (int) RENAMEAT2.invokeExact(state, from, text(arena, name), to, text(arena, target), flags));
    }

    public static void close(int file) {
        try {
            call("close", (state, _) -> (int) CLOSE.invokeExact(state, file));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
