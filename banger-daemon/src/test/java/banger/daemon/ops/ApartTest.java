package banger.daemon.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;

/** Work that no interrupt reaches. */
class ApartTest {
    @Test
    void whatItLogsBelongsToTheCallersOperation() {
        MDC.put("op", "7");
        try {
            assertThat(Apart.<String>run(_ -> MDC.get("op"))).isEqualTo("7");
        } finally {
            MDC.remove("op");
        }
        assertThat(Apart.<Boolean>run(_ -> MDC.get("op") == null)).isTrue();
    }

    @Test
    void anInterruptIsToldToItAndWaitsForItsEnd() {
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> Apart.run(cancelled -> {
                    while (!cancelled.getAsBoolean()) Thread.onSpinWait();
                    return "done in good order";
                }))
                .isInstanceOfSatisfying(
                        BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.CANCELLED));
        assertThat(Thread.interrupted()).isTrue();
    }
}
