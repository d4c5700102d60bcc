package banger.daemon.kernel;

import banger.daemon.process.Command;
import banger.daemon.process.HostCommandRunner;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;

/** Kernels small enough for a test: an ELF header with a segment, a bzImage around it, modules made by gcc. */
final class FakeKernel {
    static final String RELEASE = "6.1.0-1-test";

    private FakeKernel() {}

    /** An ELF "kernel" with a body that compresses, but not to nothing. */
    static byte[] elf(int body) {
        var elf = ByteBuffer.allocate(64 + 56 + body).order(ByteOrder.LITTLE_ENDIAN);
        elf.putInt(0, 0x464c457f).put(4, (byte) 2).put(5, (byte) 1).put(6, (byte) 1);
        elf.putShort(16, (short) 2).putShort(18, (short) 62).putInt(20, 1);
        elf.putLong(32, 64).putShort(52, (short) 64).putShort(54, (short) 56).putShort(56, (short) 1);
        elf.putInt(64, 1).putLong(64 + 8, 120).putLong(64 + 32, body).putLong(64 + 40, body);
        var random = new Random(7);
        for (int i = 0; i < body; i++) elf.put(120 + i, (byte) ("banger".charAt(i % 6) + random.nextInt(2)));
        return elf.array();
    }

    /** A bzImage with this payload; {@code size} is appended as the kernel's build does. */
    static byte[] bzImage(byte[] payload, int size) {
        int setupSectors = 3;
        var head = ByteBuffer.allocate((setupSectors + 1) * 512).order(ByteOrder.LITTLE_ENDIAN);
        head.put(0x1f1, (byte) setupSectors).put(0x1fe, (byte) 0x55).put(0x1ff, (byte) 0xaa);
        head.put(0x202, (byte) 'H')
                .put(0x203, (byte) 'd')
                .put(0x204, (byte) 'r')
                .put(0x205, (byte) 'S');
        head.putShort(0x206, (short) 0x020f).putInt(0x248, 16).putInt(0x24c, payload.length + 4);
        var image = new ByteArrayOutputStream();
        image.writeBytes(head.array());
        image.writeBytes(new byte[16]);
        image.writeBytes(payload);
        image.writeBytes(ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(size)
                .array());
        image.writeBytes(new byte[100]);
        return image.toByteArray();
    }

    /** A directory to import: vmlinux and three real modules, one needing another. */
    static Path directory(Path dir) throws IOException {
        Files.createDirectories(dir);
        Files.write(dir.resolve("vmlinux"), elf(5000));
        var modules = Files.createDirectories(dir.resolve("modules/" + RELEASE + "/kernel/drivers"));
        module(modules.resolve("virtio.ko"), "", "int virtio_x;", "__ksymtab_virtio_x");
        module(
                modules.resolve("virtio_blk.ko"),
                "alias=virtio:d00000002v*\\0depends=virtio",
                "extern int virtio_x; int *p=&virtio_x;",
                "");
        module(modules.resolve("virtio-rng.ko"), "alias=virtio:d00000004v*", "int r;", "");
        Files.writeString(modules.resolve("../../modules.builtin").normalize(), "kernel/fs/ext4/ext4.ko\n");
        Files.writeString(modules.resolve("../../modules.order").normalize(), "");
        Files.createSymbolicLink(modules.resolve("../../build").normalize(), Path.of("/usr/src/linux"));
        return dir;
    }

    private static void module(Path file, String info, String code, String export) throws IOException {
        var source = "const char info[] __attribute__((section(\".modinfo\"),used)) = \"license=GPL\\0" + info
                + "\\0\";" + code;
        if (!export.isEmpty())
            source += "const char s[] __attribute__((section(\"__ksymtab_strings\"),used)) = \"virtio_x\";"
                    + "const int " + export + " __attribute__((section(\"__ksymtab\"),used)) = 1;";
        var result = new HostCommandRunner()
                .run(Command.of("gcc", "-c", "-x", "c", "-o", file + ".o", "-").input(source.getBytes()));
        if (!result.ok()) throw new IllegalStateException(result.err());
        Files.move(Path.of(file + ".o"), file);
    }
}
