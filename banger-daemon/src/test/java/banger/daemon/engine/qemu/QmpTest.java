package banger.daemon.engine.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.http.Duplex;
import banger.daemon.guest.Wire;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

// Below the time that an answer is waited for: the end of QEMU must be noticed, not waited out.
@Timeout(8)
class QmpTest {
    private final Wire wire = new Wire(1 << 22);
    private final Duplex qemu = wire.guest();
    private final BufferedReader lines = new BufferedReader(new InputStreamReader(qemu.in(), StandardCharsets.UTF_8));

    private void say(String line) throws IOException {
        qemu.out().write((line + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private Qmp begun() throws Exception {
        var beginning = new FutureTask<>(() -> Qmp.begin(wire.host()));
        Thread.ofVirtual().start(beginning);
        say("{\"QMP\":{\"version\":{\"qemu\":{\"major\":7}},\"capabilities\":[\"oob\"]}}");
        assertThat(lines.readLine()).isEqualTo("{\"execute\":\"qmp_capabilities\"}");
        say("{\"return\":{}}");
        return beginning.get(5, TimeUnit.SECONDS);
    }

    @Test
    void commandsGetTheirAnswersWhateverComesBetween() throws Exception {
        try (var qmp = begun()) {
            say("{\"timestamp\":{\"seconds\":1,\"microseconds\":2},\"event\":\"RTC_CHANGE\",\"data\":{\"offset\":0}}");
            say("{\"return\":{\"status\":\"running\"}}");
            assertThat(qmp.execute("{\"execute\":\"query-status\"}").get("return"))
                    .hasToString("{status=running}");
            assertThat(lines.readLine()).isEqualTo("{\"execute\":\"query-status\"}");
        }
    }

    @Test
    void aRefusalIsAnError() throws Exception {
        try (var qmp = begun()) {
            say("{\"error\":{\"class\":\"GenericError\",\"desc\":\"no such thing\"}}");
            assertThatThrownBy(() -> qmp.execute("{\"execute\":\"x\"}"))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("no such thing");
        }
    }

    @Test
    void theReasonOfAShutdownIsKept() throws Exception {
        try (var qmp = begun()) {
            say("{\"event\":\"SHUTDOWN\",\"data\":{\"guest\":true,\"reason\":\"guest-reset\"}}");
            say("{\"event\":\"SHUTDOWN\",\"data\":{\"guest\":true,\"reason\":\"later\"}}");
            say("{\"event\":\"SHUTDOWN\",\"data\":7}");
            qemu.close();
            qmp.ended().get(5, TimeUnit.SECONDS);
            assertThat(qmp.shutdownReason().getNow("")).isEqualTo("guest-reset");
        }
    }

    @Test
    void wantOfRoomIsHeardUntilItRunsOn() throws Exception {
        try (var qmp = begun()) {
            var heard = new CountDownLatch(1);
            qmp.whenStarved(heard::countDown);
            say("{\"event\":\"BLOCK_IO_ERROR\",\"data\":{\"action\":\"report\"}}");
            say("{\"event\":\"BLOCK_IO_ERROR\",\"data\":{\"action\":\"stop\"}}");
            assertThat(heard.await(5, TimeUnit.SECONDS)).isTrue();
            assertThat(qmp.starved()).isTrue();
            say("{\"event\":\"RESUME\"}");
            say("{\"return\":{\"status\":\"running\"}}");
            qmp.askWhetherStarved();
            assertThat(qmp.starved()).isFalse();
            say("{\"return\":{\"status\":\"io-error\"}}");
            qmp.askWhetherStarved();
            assertThat(qmp.starved()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "oops", "[]", "7", "\"x\"", "null", "{\"event\":", "{\"event\":{}} x", "\0"})
    void whatIsNotItsProtocolEndsTheConversation(String line) throws Exception {
        try (var qmp = begun()) {
            say(line);
            qemu.close();
            qmp.ended().get(5, TimeUnit.SECONDS);
        }
    }

    @Test
    void answersToNothingEndTheConversation() throws Exception {
        try (var qmp = begun()) {
            try {
                for (int i = 0; i < 20; i++) say("{\"return\":{}}");
            } catch (IOException e) {
                // The conversation may have ended before all was said: that is what is looked at below.
                assertThat(e).isNotNull();
            }
            qmp.ended().get(5, TimeUnit.SECONDS);
        }
    }

    @Test
    void aLineWithoutEndIsNotKept() throws Exception {
        try (var qmp = begun()) {
            qemu.out().write("x".repeat((1 << 20) + 1).getBytes(StandardCharsets.UTF_8));
            qmp.ended().get(5, TimeUnit.SECONDS);
        }
    }

    @Test
    void itsEndWhileAskedIsAnErrorAtOnce() throws Exception {
        try (var qmp = begun()) {
            var asking = new FutureTask<>(() -> qmp.execute("{\"execute\":\"cont\"}"));
            Thread.ofVirtual().start(asking);
            assertThat(lines.readLine()).contains("cont");
            qemu.close();
            assertThatThrownBy(() -> asking.get(5, TimeUnit.SECONDS)).hasCauseInstanceOf(IOException.class);
            assertThatThrownBy(() -> qmp.execute("{}")).isInstanceOf(IOException.class);
        }
    }

    @Test
    void anEndBeforeTheFirstAnswerIsAnErrorAtOnce() throws Exception {
        say("{\"QMP\":{}}");
        var beginning = new FutureTask<>(() -> Qmp.begin(wire.host()));
        Thread.ofVirtual().start(beginning);
        assertThat(lines.readLine()).contains("qmp_capabilities");
        qemu.close();
        assertThatThrownBy(() -> beginning.get(5, TimeUnit.SECONDS)).hasCauseInstanceOf(IOException.class);
    }
}
