package banger.daemon.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.debian.DebianMirror;
import banger.daemon.process.HostCommandRunner;
import banger.daemon.publish.Existing;
import banger.daemon.publish.OrdinaryUser;
import banger.daemon.publish.Recorded;
import banger.daemon.publish.Users;
import banger.daemon.publish.VarTmp;
import banger.daemon.store.Database;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real kernel from the real mirror. */
@Tag("vm")
class KernelPullTest {
    @TempDir(factory = VarTmp.class)
    Path dir;

    private Database database;
    private Path guest;
    private Path work;

    @BeforeEach
    void open() throws Exception {
        database = Database.open(dir.resolve("banger.db"));
        guest = Files.writeString(dir.resolve("banger-guest"), "not a program, but a file");
        work = Files.createDirectory(dir.resolve("work"));
    }

    @AfterEach
    void close() {
        database.close();
    }

    private Kernels kernels(DebianMirror mirror) {
        return new Kernels(dir.resolve("kernels"), work, guest, database, new HostCommandRunner(), mirror, Users.NONE);
    }

    @Test
    void theNewestKernelIsFetchedOnceAndIsTheSameWhenFetchedAgain() throws Exception {
        var progress = new Recorded();
        var kernels = kernels(DebianMirror.DEFAULT);
        var kernel = kernels.ensure("debian-cloud", progress);

        assertThat(kernel.release()).matches("6\\.1\\.0-[0-9]+-cloud-amd64");
        assertThat(progress.done).singleElement().asString().contains("kernel debian-cloud 6.1.0-", "fetched ", " MiB");
        Elf.checkKernel(kernel.vmlinux());
        assertThat(kernel.initrd()).isRegularFile();
        assertThat(Files.getPosixFilePermissions(kernel.vmlinux())).hasSize(3);
        assertThat(work).isEmptyDirectory();
        assertThat(kernels.ensure("debian-cloud", progress)).isEqualTo(kernel);
        assertThat(progress.done).hasSize(1);

        var again = kernels.pull("debian-cloud", Existing.REPLACE, progress);
        assertThat(again.digest()).isEqualTo(kernel.digest());
        assertThat(again.initrd()).isEqualTo(kernel.initrd());

        assertThat(ordinaryUsersDigest()).isEqualTo(kernel.digest());

        Files.writeString(guest, "another guest program");
        var updated = kernels.ensure("debian-cloud", progress);
        assertThat(updated.digest()).isEqualTo(kernel.digest());
        assertThat(updated.initrd()).isNotEqualTo(kernel.initrd());
        assertThat(kernel.initrd()).doesNotExist();
    }

    /** The same kernel, pulled by somebody without any rights; ours again where we are nobody special. */
    private String ordinaryUsersDigest() throws Exception {
        if (!System.getProperty("user.name").equals("root"))
            return kernels(DebianMirror.DEFAULT).show("debian-cloud").digest();
        try (var user = new OrdinaryUser(dir)) {
            var result = user.java(PullAsUser.class, user.directory().toString());
            assertThat(result.ok()).as(result.err()).isTrue();
            assertThat(user.directory().resolve("work")).isEmptyDirectory();
            return result.out().strip();
        }
    }

    @Test
    void aMirrorThatIsNotThereIsSaidClearly() {
        assertThatThrownBy(() ->
                        kernels(DebianMirror.of("http://127.0.0.1:9/debian")).ensure("debian-cloud", new Recorded()))
                .isInstanceOfSatisfying(BangerException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.KERNEL_PULL_FAILED);
                    assertThat(e.fact()).contains("http://127.0.0.1:9/debian");
                    assertThat(e.remedies()).isNotEmpty();
                });
        assertThat(work).isEmptyDirectory();
        assertThat(List.of(dir.resolve("kernels"))).noneMatch(Files::exists);
    }
}
