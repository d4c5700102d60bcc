package banger.daemon.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HostCpuTest {
    @Test
    void isTheSameEachTimeAndInAThreadThatWasCancelled() {
        var likeness = HostCpu.likeness();
        Thread.currentThread().interrupt();
        try {
            assertThat(HostCpu.likeness()).isEqualTo(likeness).hasSize(16);
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
    }
}
