package banger.daemon.engine.firecracker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.http.Head;
import banger.daemon.guest.Wire;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(30)
class ApiClientTest {
    private final Wire wire = new Wire();
    private final ApiClient api = new ApiClient(wire.host(), Duration.ofMillis(300));

    private void answer(String text) {
        Thread.ofVirtual().start(() -> {
            try {
                Head.read(wire.guest().in());
                wire.guest().out().write(text.getBytes(StandardCharsets.UTF_8));
                wire.guest().out().flush();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
    }

    private static String ok(String body) {
        return "HTTP/1.1 200 \r\nServer: Firecracker API\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
    }

    @Test
    void whatIsNotKnownInAnAnswerIsIgnored() throws IOException {
        answer(ok("{\"app_name\":\"Firecracker\",\"id\":\"box\",\"state\":\"Running\",\"x\":{\"y\":[1]}}"));
        assertThat(api.instance()).isEqualTo(new ApiClient.Instance("box", "Running", null));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"state\":\"Running\"} | lacks the id",
                "{\"id\":\"box\"} | lacks the state",
                "{\"id\":7,\"state\":[]} | not what was expected",
                "nonsense | not what was expected"
            })
    void whatIsMissingInAnAnswerIsSaid(String body, String told) {
        answer(ok(body));
        assertThatThrownBy(api::instance).isInstanceOf(IOException.class).hasMessageContaining(told);
    }

    @Test
    void aConnectionCarriesOneCallAfterTheOther() throws IOException {
        for (int i = 0; i < 3; i++) {
            answer(ok("{\"id\":\"box" + i + "\",\"state\":\"Paused\"}"));
            assertThat(api.instance().id()).isEqualTo("box" + i);
        }
    }

    @Test
    void silenceHasADeadlineAndEndsTheConnection() {
        assertThatThrownBy(() -> api.send(ApiCall.Run.PAUSED))
                .isInstanceOf(IOException.class)
                .hasMessage("Firecracker did not answer within 300 ms (/vm)");
        assertThatThrownBy(() -> api.send(ApiCall.Run.PAUSED)).isInstanceOf(IOException.class);
    }

    @Test
    void aBodyThatDribblesHasTheSameDeadline() {
        answer("HTTP/1.1 400 Bad\r\nContent-Length: 10\r\n\r\n{");
        assertThatThrownBy(() -> api.send(ApiCall.Run.PAUSED)).hasMessageContaining("within 300 ms");
    }
}
