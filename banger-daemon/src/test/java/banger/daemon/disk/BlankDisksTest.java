package banger.daemon.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.daemon.process.Command;
import banger.daemon.process.CommandRunner;
import banger.daemon.process.HostCommandRunner;
import banger.daemon.process.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BlankDisksTest {
    private static final long SIZE = 8L << 30;

    @TempDir
    Path dir;

    private final AtomicInteger programs = new AtomicInteger();
    private final CommandRunner runner = new CommandRunner() {
        @Override
        public Result run(Command command, Consumer<String> lines) {
            programs.incrementAndGet();
            return new HostCommandRunner().run(command, lines);
        }
    };

    @Test
    void aPairOfDisksTakesLessThanAMebibyte() throws Exception {
        var disks = new BlankDisks(dir.resolve("blanks"), runner);
        disks.create(DiskRole.OVERLAY, SIZE, dir.resolve("overlay.ext4"));
        disks.create(DiskRole.WORK, SIZE, dir.resolve("work.ext4"));

        assertThat(Files.size(dir.resolve("overlay.ext4"))).isEqualTo(SIZE);
        assertThat(allocated("overlay.ext4") + allocated("work.ext4")).isLessThan(1 << 20);
        assertThat(Files.getPosixFilePermissions(dir.resolve("work.ext4"))).hasSize(2);
    }

    @Test
    void aSecondDiskOfASizeStartsNoProgram() {
        var disks = new BlankDisks(dir.resolve("blanks"), runner);
        disks.create(DiskRole.WORK, SIZE, dir.resolve("a"));
        assertThat(programs).hasValue(1);
        for (int i = 0; i < 20; i++) disks.create(DiskRole.WORK, SIZE, dir.resolve("b" + i));
        new BlankDisks(dir.resolve("blanks"), runner).create(DiskRole.WORK, SIZE, dir.resolve("c"));
        assertThat(programs).hasValue(1);
    }

    @Test
    void theFileSystemIsSoundAndNeedsNoInitialising() throws Exception {
        var disks = new BlankDisks(dir.resolve("blanks"), runner);
        var disk = dir.resolve("disk");
        disks.create(DiskRole.WORK, SIZE, disk);
        var check = runner.run(Command.of("e2fsck", "-fn", disk.toString()));
        assertThat(check.status()).as(check.out() + check.err()).isZero();
        var described = runner.run(Command.of("dumpe2fs", disk.toString())).out();
        assertThat(described)
                .contains("has_journal", "banger-work")
                .doesNotContain("resize_inode")
                .contains("ITABLE_ZEROED");
        long groups =
                described.lines().filter(l -> l.matches("Group [0-9]+:.*")).count();
        assertThat(described.lines().filter(l -> l.contains("ITABLE_ZEROED"))).hasSize((int) groups);
    }

    @Test
    void aDamagedCacheIsMadeAgain() throws Exception {
        var disks = new BlankDisks(dir.resolve("blanks"), runner);
        disks.create(DiskRole.WORK, SIZE, dir.resolve("a"));
        var cached = dir.resolve("blanks/work-" + SIZE + ".blank");
        var bytes = Files.readAllBytes(cached);
        bytes[bytes.length / 2] ^= 1;
        Files.write(cached, bytes);
        disks.create(DiskRole.WORK, SIZE, dir.resolve("b"));
        assertThat(programs).hasValue(2);
        assertThat(runner.run(Command.of("e2fsck", "-fn", dir.resolve("b").toString()))
                        .ok())
                .isTrue();
    }

    @Test
    void anImpossibleSizeIsRefused() {
        var disks = new BlankDisks(dir.resolve("blanks"), runner);
        for (long size : new long[] {0, -4096, 4096, SIZE + 1, Long.MAX_VALUE})
            assertThatThrownBy(() -> disks.create(DiskRole.WORK, size, dir.resolve("x")))
                    .isInstanceOf(BangerException.class);
        assertThat(dir.resolve("x")).doesNotExist();
    }

    @Test
    void anExistingFileIsNotOverwritten() throws Exception {
        var disks = new BlankDisks(dir.resolve("blanks"), runner);
        var disk = Files.writeString(dir.resolve("disk"), "mine");
        assertThatThrownBy(() -> disks.create(DiskRole.WORK, SIZE, disk)).isInstanceOf(RuntimeException.class);
        assertThat(disk).hasContent("mine");
    }

    private long allocated(String file) {
        return 512
                * Long.parseLong(runner.run(
                                Command.of("stat", "-c", "%b", dir.resolve(file).toString()))
                        .out()
                        .strip());
    }
}
