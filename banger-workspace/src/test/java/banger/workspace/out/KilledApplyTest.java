package banger.workspace.out;

import static org.assertj.core.api.Assertions.assertThat;

import banger.workspace.WorkspaceRecord;
import banger.workspace.git.HostRepository;
import banger.workspace.git.Shadow;
import banger.workspace.testing.JavaProgram;
import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The process that applies is killed before each step; the next command finds the files as they were, or all new. */
@Tag("slow")
class KilledApplyTest {
    private static final int KILLED = 137;

    @TempDir
    Path dir;

    @Test
    void allOrNothingWhereverItIsKilled() throws Exception {
        var trip = new RoundTrip(dir);
        trip.write("a", "1\n");
        trip.write("gone", "gone\n");
        trip.write("dir/b", "b\n");
        trip.commit("first");
        var delivered = trip.deliver();
        Files.writeString(
                dir.resolve("record"),
                Jsonb.instance().type(WorkspaceRecord.class).toJson(delivered.record()));
        trip.guest.write("a", "2\n");
        trip.guest.write("new/file", "new\n");
        trip.guest.run("rm", "gone");
        trip.guest.write("dir/b", "b in the guest\n");
        var before = ApplyPullTest.snapshot(trip.repo);
        for (int step = 0; ; step++) {
            int status = killedAt(step);
            ApplyPull.finishLeft(trip.repository(), text -> {});
            if (Files.exists(trip.repo.resolve("new/file"))) {
                assertThat(step).as("steps that were killed before").isGreaterThanOrEqualTo(5);
                assertThat(trip.repo.resolve("a")).hasContent("2");
                assertThat(trip.repo.resolve("gone")).doesNotExist();
                return;
            }
            assertThat(status).isEqualTo(KILLED);
            assertThat(ApplyPullTest.snapshot(trip.repo))
                    .as("killed at " + step)
                    .isEqualTo(before);
        }
    }

    private int killedAt(int step) throws IOException, InterruptedException {
        var command = JavaProgram.of(Killed.class, dir.toString(), Integer.toString(step));
        return new ProcessBuilder(command).inheritIO().start().waitFor();
    }

    /** Applies, and is gone at a step as by kill -9. */
    static final class Killed {
        private Killed() {}

        public static void main(String[] arguments) throws IOException {
            var dir = Path.of(arguments[0]);
            int at = Integer.parseInt(arguments[1]);
            var record = Jsonb.instance().type(WorkspaceRecord.class).fromJson(Files.readString(dir.resolve("record")));
            var shadow = Shadow.open(RoundTrip.CLEAN, dir.resolve("state/shadow.git"), record.objectFormat())
                    .orElseThrow();
            var collected = new Collector(new HostAgent(dir), new Delivered(record, shadow)).collect();
            var apply = new ApplyPull(
                    HostRepository.discover(RoundTrip.CLEAN, dir.resolve("host-repo")), Whole.of(collected));
            apply.write(apply.plan(), step -> {
                if (step == at) Runtime.getRuntime().halt(KILLED);
            });
        }
    }
}
