package banger.daemon.ops;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LapsTest {
    @Test
    void stepsAreTimedOneAfterTheOther() {
        var laps = new Laps();
        assertThat(laps.toString()).isEmpty();
        laps.end("network");
        laps.end("vmm");
        assertThat(laps.toString()).matches("network [0-9]+ ms, vmm [0-9]+ ms");
    }
}
