package banger.workspace.in;

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
 * The system calls that Java has no name for, over one set of buffers: used by one thread. Java's own
 * files decode names by the locale and follow links; a repository's names are bytes, and its links may
 * lead anywhere.
 */
final class Syscalls implements AutoCloseable {
    static final int ENOENT = 2;
    static final int ENXIO = 6;
    static final int EACCES = 13;
    static final int EXDEV = 18;
    static final int ENOTDIR = 20;
    static final int ENAMETOOLONG = 36;
    static final int ELOOP = 40;

    static final int O_PATH = 010000000;
    static final int O_NOFOLLOW = 0400000;
    static final int O_NONBLOCK = 04000;
    static final int O_CLOEXEC = 02000000;

    private static final int AT_EMPTY_PATH = 0x1000;
    private static final int STATX_BASIC = 0x7ff;
    private static final int RESOLVE_NO_SYMLINKS = 0x04;
    private static final int RESOLVE_BENEATH = 0x08;
    /** The same number on every architecture. */
    private static final long OPENAT2 = 437;

    private static final int NAME = 4200;
    static final int CHUNK = 65536;

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
    private static final MethodHandle CLOSE = handle("close", FunctionDescriptor.of(INT, INT));
    private static final MethodHandle OPEN =
            handle("open", FunctionDescriptor.of(INT, POINTER, INT), Linker.Option.firstVariadicArg(2));

    private final Arena arena = Arena.ofShared();
    private final MemorySegment state = arena.allocate(STATE);
    private final MemorySegment name = arena.allocate(NAME);
    private final MemorySegment how = arena.allocate(24, 8);
    private final MemorySegment statx = arena.allocate(256, 8);
    private final MemorySegment chunk = arena.allocate(CHUNK);

    /** A call that the kernel refused. */
    static final class Refused extends IOException {
        private static final long serialVersionUID = 1;

        final int errno;

        Refused(String call, int errno) {
            super(call + ": errno " + errno);
            this.errno = errno;
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

    /** A directory, following links on the way: the caller names it, no repository does. */
    int openDirectory(byte[] path) throws IOException {
        put(path);
        try {
            return (int) checked("open", (int) OPEN.invokeExact(state, name, O_PATH | O_CLOEXEC));
        } catch (IOException e) {
            throw e;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** A file beneath a directory, over no link but perhaps the last name itself with {@link #O_PATH}. */
    int openBeneath(int directory, byte[] path, int flags) throws IOException {
        put(path);
        how.set(LONG, 0, flags | O_CLOEXEC);
        how.set(LONG, 8, 0);
        how.set(LONG, 16, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
        try {
            return (int) checked("openat2", (long) SYSCALL.invokeExact(state, OPENAT2, directory, name, how, 24L));
        } catch (IOException e) {
            throw e;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    FileStat stat(int file) throws IOException {
        name.set(ValueLayout.JAVA_BYTE, 0, (byte) 0);
        try {
            checked("statx", (int) STATX.invokeExact(state, file, name, AT_EMPTY_PATH, STATX_BASIC, statx));
        } catch (IOException e) {
            throw e;
        } catch (Throwable e) {
            throw unexpected(e);
        }
        return new FileStat(
                statx.get(ValueLayout.JAVA_SHORT, 28) & 0xffff,
                statx.get(LONG, 40),
                time(112),
                time(96),
                statx.get(LONG, 32),
                (long) statx.get(INT, 136) << 32 | statx.get(INT, 140) & 0xffffffffL);
    }

    private long time(long offset) {
        return statx.get(LONG, offset) * 1_000_000_000 + statx.get(INT, offset + 8);
    }

    /** Up to {@link #CHUNK} bytes; 0: the end. */
    int read(int file, byte[] into) throws IOException {
        try {
            int n = (int) checked(
                    "read", (long) READ.invokeExact(state, file, chunk, (long) Math.min(CHUNK, into.length)));
            MemorySegment.copy(chunk, ValueLayout.JAVA_BYTE, 0, into, 0, n);
            return n;
        } catch (IOException e) {
            throw e;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    /** The target of the link that was opened with {@link #O_PATH}. */
    byte[] readLink(int file) throws IOException {
        name.set(ValueLayout.JAVA_BYTE, 0, (byte) 0);
        try {
            int n = (int) checked("readlinkat", (long) READLINKAT.invokeExact(state, file, name, chunk, (long) CHUNK));
            return chunk.asSlice(0, n).toArray(ValueLayout.JAVA_BYTE);
        } catch (IOException e) {
            throw e;
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    void close(int file) {
        try {
            int _ = (int) CLOSE.invokeExact(state, file);
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }

    private void put(byte[] path) throws IOException {
        if (path.length >= NAME) throw new Refused("open", ENAMETOOLONG);
        MemorySegment.copy(path, 0, name, ValueLayout.JAVA_BYTE, 0, path.length);
        name.set(ValueLayout.JAVA_BYTE, path.length, (byte) 0);
    }

    private long checked(String call, long result) throws Refused {
        if (result < 0) throw new Refused(call, (int) ERRNO.get(state, 0L));
        return result;
    }

    private static IllegalStateException unexpected(Throwable e) {
        return new IllegalStateException("a system call could not be made", e);
    }

    @Override
    public void close() {
        arena.close();
    }
}
