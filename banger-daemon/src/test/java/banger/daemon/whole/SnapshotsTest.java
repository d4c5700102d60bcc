package banger.daemon.whole;

import static org.assertj.core.api.Assertions.assertThat;

import banger.api.ErrorCode;
import banger.api.model.SnapshotInfo;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is kept of a VM, through the real API, with made-up machines. */
class SnapshotsTest extends WholeDaemon {
    private List<SnapshotInfo> snapshots() {
        return daemon.client().list("/v1/vms/box/snapshots", SnapshotInfo.class);
    }

    private List<Integer> numbers(String kind) {
        return snapshots().stream()
                .filter(s -> s.kind().equals(kind))
                .map(SnapshotInfo::number)
                .toList();
    }

    /** Its guest has written so much. */
    private void grow(int bytes) throws IOException {
        var disk = daemon.layout().vms().resolve(show("box").id()).resolve("vdc");
        try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.seek(4 << 20);
            var block = new byte[bytes];
            java.util.Arrays.fill(block, (byte) 7);
            file.write(block);
        }
    }

    @Test
    void checkpointsTakeNoMoreThanTheirBudgetAndTheLatestStays() throws IOException {
        create(request("box", false, false));
        int asked = snapshot("asked", false).number();
        grow((int) Whole.CHECKPOINTS / 4);
        int first = snapshot("checkpoint", false).number();
        assertThat(numbers("checkpoint")).contains(first);
        grow((int) Whole.CHECKPOINTS / 4 * 3);
        int second = snapshot("checkpoint", false).number();
        assertThat(numbers("checkpoint")).containsExactly(second);
        grow((int) Whole.CHECKPOINTS * 2);
        // More than all of them may take together: it is the way back from the next command.
        int third = snapshot("checkpoint", false).number();
        assertThat(numbers("checkpoint")).containsExactly(third);
        assertThat(numbers("asked")).containsExactly(asked);
    }

    @Test
    void theOldestThatIsKeptIsStillThereWhenTheVmIsPutBackToIt() throws IOException {
        create(request("box", false, false));
        int asked = snapshot("asked", false).number();
        for (int i = 0; i < 3; i++) restore(asked);
        var before = numbers("before-restore");
        assertThat(before).hasSize(3);
        restore(before.getFirst());
        assertThat(numbers("before-restore")).hasSize(3).doesNotContain(before.getFirst());
        assertThat(show("box").state()).isEqualTo("stopped");
        fails(() -> restore(before.getFirst()), ErrorCode.SNAPSHOT_NOT_FOUND, "no snapshot");
    }
}
