package banger.daemon.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import banger.daemon.process.Command;
import banger.daemon.process.HostCommandRunner;
import banger.daemon.process.Programs;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EmptyQcow2Test {
    private static final long GIB = 1L << 30;

    @TempDir
    Path directory;

    private Path file() {
        return directory.resolve("vdb.01234567");
    }

    /** Sizes at which something in it is as full as it gets, and the largest disk. */
    @ParameterizedTest
    @ValueSource(longs = {64L << 20, GIB / 2, GIB / 2 + 4096, 8 * GIB, 4096 * GIB, 4096 * GIB + 4096, 16384 * GIB})
    void qemuTakesItForAWholeEmptyDiskOfThatSize(long size) throws IOException {
        EmptyQcow2.create(file(), size);
        assertThat(EmptyQcow2.is(file(), size)).isTrue();
        assertThat(AllocatedSize.of(file())).isLessThan(64 << 10);
        var image = Programs.find("qemu-img");
        assumeTrue(image.isPresent(), "there is no qemu-img here (sudo apt-get install qemu-utils)");
        var commands = new HostCommandRunner();
        var check = commands.run(
                Command.of(image.get().toString(), "check", "-f", "qcow2", "--output=json", file().toString()));
        assertThat(check.ok()).as(check.out() + check.reason()).isTrue();
        assertThat(check.out()).doesNotContain("\"leaks\"", "\"corruptions\"");
        var info = commands.run(
                        Command.of(image.get().toString(), "info", "-f", "qcow2", "--output=json", file().toString()))
                .out();
        assertThat(info).contains("\"virtual-size\": " + size, "\"compat\": \"1.1\"", "\"corrupt\": false");
        assertThat(info).doesNotContain("backing", "data-file");
    }

    @Test
    void itIsOursAloneAndNeverOverAnother() throws IOException {
        EmptyQcow2.create(file(), GIB);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
                .isEqualTo("rw-------");
        assertThatThrownBy(() -> EmptyQcow2.create(file(), GIB)).isInstanceOf(FileAlreadyExistsException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 24, 70_000, 131_080, 200_000, 262_143})
    void aByteThatWasWrittenIsSeen(int at) throws IOException {
        EmptyQcow2.create(file(), GIB);
        assertThat(EmptyQcow2.is(file(), 2 * GIB)).isFalse();
        try (var bytes = new RandomAccessFile(file().toFile(), "rw")) {
            bytes.seek(at);
            bytes.write(9);
        }
        assertThat(EmptyQcow2.is(file(), GIB)).isFalse();
    }

    @Test
    void whatIsLongerOrNoFileIsNone() throws IOException {
        EmptyQcow2.create(file(), GIB);
        try (var bytes = new RandomAccessFile(file().toFile(), "rw")) {
            bytes.setLength(bytes.length() + 1);
        }
        assertThat(EmptyQcow2.is(file(), GIB)).isFalse();
        assertThat(EmptyQcow2.is(directory.resolve("vdc"), GIB)).isFalse();
        assertThat(EmptyQcow2.is(directory, GIB)).isFalse();
    }
}
