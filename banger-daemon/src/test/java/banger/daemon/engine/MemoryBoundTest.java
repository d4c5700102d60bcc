package banger.daemon.engine;

import static org.assertj.core.api.Assertions.assertThat;

import banger.api.BangerException;
import banger.api.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** VMMs get a cgroup of the user's systemd only from a daemon that runs below it, and only where that bounds memory. */
class MemoryBoundTest {
    private static final List<String> COMMAND = List.of("/shim", "run");
    private static final String BELOW = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/bangerd.service\n";

    @TempDir
    Path dir;

    private MemoryBound bound(Answers host, String cgroup) throws IOException {
        return new MemoryBound(host, 1000, Files.writeString(dir.resolve("cgroup"), cgroup));
    }

    @Test
    void belowTheUsersSystemdItIsTriedOnceAndAskedForEachTime() throws IOException {
        var host = Answers.saying(0, "67108864\n");
        var bound = bound(host, BELOW);
        var command = bound.around(COMMAND, 256);
        assertThat(command.arguments())
                .startsWith("systemd-run", "--user", "--scope")
                .contains("--property=MemoryMax=" + (768L << 20))
                .endsWith("--", "/shim", "run");
        assertThat(command.environment()).containsEntry("XDG_RUNTIME_DIR", "/run/user/1000");
        bound.around(COMMAND, 256);
        assertThat(host.asked).hasSize(1);
    }

    @Test
    void aSystemdThatWasNotGivenMemoryIsNotAskedAgain() throws IOException {
        for (var host : List.of(
                Answers.saying(0, "max\n"), Answers.saying(0, ""), Answers.saying(1, "Failed to connect to bus\n"))) {
            var bound = bound(host, BELOW);
            assertThat(bound.around(COMMAND, 256).arguments()).isEqualTo(COMMAND);
            bound.around(COMMAND, 256);
            assertThat(host.asked).hasSize(1);
        }
    }

    @Test
    void withoutTheProgramVmsStartAsBefore() throws IOException {
        var host = new Answers(command -> {
            throw new BangerException(ErrorCode.HOST_TOOL_MISSING, "systemd-run: not found");
        });
        assertThat(bound(host, BELOW).around(COMMAND, 256).arguments()).isEqualTo(COMMAND);
    }

    @Test
    void aLoginSessionsVmsStayInIt() throws IOException {
        var host = Answers.saying(0, "67108864\n");
        for (var cgroup : List.of(
                "0::/user.slice/user-1000.slice/session-4.scope\n",
                "0::/user.slice/user-1001.slice/user@1001.service/init.scope\n",
                "0::/\n",
                "12:memory:/user.slice\n"))
            assertThat(bound(host, cgroup).around(COMMAND, 256).arguments()).isEqualTo(COMMAND);
        assertThat(host.asked).isEmpty();
    }
}
