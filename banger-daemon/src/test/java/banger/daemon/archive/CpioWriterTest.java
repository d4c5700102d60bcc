package banger.daemon.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.daemon.process.Command;
import banger.daemon.process.HostCommandRunner;
import banger.daemon.process.Programs;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import org.assertj.core.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CpioWriterTest {
    private static byte[] sample() throws IOException {
        var bytes = new ByteArrayOutputStream();
        try (var cpio = new CpioWriter(bytes)) {
            cpio.directory(CpioHeader.root("etc", 0755));
            cpio.file(new CpioHeader("etc/odd", 04755, 1000, 2000, 1_700_000_000), "x".getBytes());
            cpio.file(CpioHeader.root("etc/empty", 0600), new byte[0]);
            cpio.symlink(CpioHeader.root("etc/link", 0777), "../grüße");
            cpio.file(CpioHeader.root("b", 0644), new ByteArrayInputStream(new byte[100_000]), 100_000);
        }
        return bytes.toByteArray();
    }

    @Test
    void whatIsWrittenIsRead() throws IOException {
        var members = CpioReader.read(sample());
        assertThat(members.keySet()).containsExactly("etc", "etc/odd", "etc/empty", "etc/link", "b");
        assertThat(members.get("etc").mode()).isEqualTo(0040755);
        assertThat(members.get("etc/link").text()).isEqualTo("../grüße");
        assertThat(members.get("etc/link").mode()).isEqualTo(0120777);
        assertThat(members.get("b").content()).hasSize(100_000);
        var odd = members.get("etc/odd");
        assertThat(odd.mode()).isEqualTo(0104755);
        assertThat(odd.uid()).isEqualTo(1000);
        assertThat(odd.gid()).isEqualTo(2000);
        assertThat(odd.mtime()).isEqualTo(1_700_000_000);
        assertThat(odd.text()).isEqualTo("x");
    }

    @Test
    void cpioReadsItToo() throws IOException {
        Assumptions.assumeThat(Programs.find("cpio"))
                .as("cpio is not on this host")
                .isPresent();
        var listing =
                new HostCommandRunner().run(Command.of("cpio", "-t", "--quiet").input(sample()));
        assertThat(listing.ok()).as(listing.err()).isTrue();
        assertThat(listing.out()).isEqualTo("etc\netc/odd\netc/empty\netc/link\nb\n");
    }

    @Test
    void theSameCallsGiveTheSameBytesInWholeBlocks() throws IOException {
        assertThat(sample()).isEqualTo(sample());
        assertThat(sample().length % 512).isZero();
    }

    @Test
    void aShortStreamIsNoArchive() {
        var cpio = new CpioWriter(new ByteArrayOutputStream());
        assertThatThrownBy(() -> cpio.file(CpioHeader.root("a", 0644), new ByteArrayInputStream(new byte[5]), 6))
                .isInstanceOf(EOFException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/etc", "a/", "a//b", "..", "a/../b", "./a", "a/.", "a\0b"})
    void hostileNamesAreRefused(String name) {
        assertThatThrownBy(() -> CpioHeader.root(name, 0644)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void impossibleHeadersAreRefused() {
        assertThatThrownBy(() -> CpioHeader.root("a", 010000)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> CpioHeader.root("a".repeat(4096), 0644)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new CpioHeader("a", 0644, -1, 0, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new CpioHeader("a", 0644, 0, 0, 1L << 32))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
