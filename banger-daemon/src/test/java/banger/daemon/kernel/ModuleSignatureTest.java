package banger.daemon.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ModuleSignatureTest {
    private static final byte[] MODULE = "\u007fELF and what follows".getBytes(StandardCharsets.ISO_8859_1);

    @TempDir
    Path dir;

    /** As the kernel's sign-file writes it, with a length of our choice. */
    private static byte[] signed(byte[] module, int signature, int said) {
        var out = new ByteArrayOutputStream();
        out.writeBytes(module);
        out.writeBytes(new byte[signature]);
        out.writeBytes(ByteBuffer.allocate(12).put(2, (byte) 2).putInt(8, said).array());
        out.writeBytes("~Module signature appended~\n".getBytes(StandardCharsets.US_ASCII));
        return out.toByteArray();
    }

    @Test
    void whatIsAppendedIsTakenAway() {
        assertThat(ModuleSignature.without(signed(MODULE, 400, 400))).isEqualTo(MODULE);
        assertThat(ModuleSignature.without(signed(MODULE, 0, 0))).isEqualTo(MODULE);
    }

    @Test
    void withoutSignatureNothingChanges() {
        assertThat(ModuleSignature.without(MODULE)).isSameAs(MODULE);
        assertThat(ModuleSignature.without(new byte[0])).isEmpty();
    }

    @Test
    void aLengthThatCannotBeIsNoSignature() {
        for (int said : new int[] {-1, 1 << 17, 400 + MODULE.length, Integer.MAX_VALUE}) {
            var file = signed(MODULE, 400, said);
            assertThat(ModuleSignature.without(file)).isSameAs(file);
        }
        var onlyTrailer = signed(new byte[0], 0, 0);
        assertThat(ModuleSignature.without(onlyTrailer)).isSameAs(onlyTrailer);
    }

    @Test
    void filesAreShortenedAndOnlyModules() throws IOException {
        var below = Files.createDirectories(dir.resolve("kernel/fs"));
        Files.write(below.resolve("a.ko"), signed(MODULE, 300, 300));
        Files.write(below.resolve("b.ko"), MODULE);
        Files.write(below.resolve("empty.ko"), new byte[0]);
        Files.write(below.resolve("c.ko.xz"), signed(MODULE, 300, 300));
        Files.createSymbolicLink(below.resolve("link.ko"), below.resolve("c.ko.xz"));
        ModuleSignature.removeBelow(dir);
        assertThat(below.resolve("a.ko")).hasBinaryContent(MODULE);
        assertThat(below.resolve("b.ko")).hasBinaryContent(MODULE);
        assertThat(below.resolve("empty.ko")).isEmptyFile();
        assertThat(below.resolve("c.ko.xz")).hasBinaryContent(signed(MODULE, 300, 300));
    }
}
