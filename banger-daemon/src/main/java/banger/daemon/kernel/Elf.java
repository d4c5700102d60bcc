package banger.daemon.kernel;

import banger.api.BangerException;
import banger.api.ErrorCode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Checks that a file is an ELF kernel for this machine whose segments lie inside the file. */
final class Elf {
    private static final int HEADER = 64;
    private static final int PROGRAM_HEADER = 56;
    private static final int MAX_PROGRAM_HEADERS = 128;
    private static final int EXECUTABLE = 2;
    private static final int X86_64 = 62;
    private static final int LOAD = 1;

    private Elf() {}

    static boolean is(Path file) throws IOException {
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            var head = ByteBuffer.allocate(4);
            return channel.read(head, 0) == 4 && head.getInt(0) == 0x7f454c46;
        }
    }

    /** @throws BangerException {@code kernel.invalid} */
    static void checkKernel(Path file) throws IOException {
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            if (size > BzImage.MAX_KERNEL) throw invalid(file, "larger than 512 MiB");
            var header = read(channel, 0, HEADER, file);
            if (header.getInt(0) != 0x464c457f || header.get(4) != 2 || header.get(5) != 1)
                throw invalid(file, "not a 64-bit ELF file");
            if (header.getShort(16) != EXECUTABLE || header.getShort(18) != X86_64)
                throw invalid(file, "not an executable for x86-64");
            long table = header.getLong(32);
            int count = header.getShort(56) & 0xffff;
            if (header.getShort(54) != PROGRAM_HEADER || count == 0 || count > MAX_PROGRAM_HEADERS)
                throw invalid(file, "no usable program headers");
            if (table < HEADER || table > size) throw invalid(file, "program headers outside the file");
            checkSegments(read(channel, table, count * PROGRAM_HEADER, file), count, size, file);
        }
    }

    private static void checkSegments(ByteBuffer table, int count, long size, Path file) {
        int loaded = 0;
        for (int i = 0; i < count; i++) {
            int at = i * PROGRAM_HEADER;
            if (table.getInt(at) != LOAD) continue;
            long offset = table.getLong(at + 8);
            long length = table.getLong(at + 32);
            if (offset < 0 || length < 0 || offset > size || length > size - offset)
                throw invalid(file, "a segment lies outside the file");
            loaded++;
        }
        if (loaded == 0) throw invalid(file, "nothing to load");
    }

    private static ByteBuffer read(FileChannel channel, long at, int length, Path file) throws IOException {
        var buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining())
            if (channel.read(buffer, at + buffer.position()) < 0) throw invalid(file, "cut off");
        return buffer;
    }

    private static BangerException invalid(Path file, String why) {
        return new BangerException(ErrorCode.KERNEL_INVALID, "kernel " + file + ": " + why);
    }
}
