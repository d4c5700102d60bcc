package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import banger.api.http.Duplex;
import banger.api.model.ExecRequest;
import io.avaje.jsonb.Jsonb;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Many streams to one guest at once; straight through the API, for thirty launchers are thirty JVMs. */
@Tag("vm")
class ExecManyTest {
    private static final int STREAMS = 30;

    @RegisterExtension
    static final TestHome HOME = TestHome.withoutInit();

    @BeforeAll
    static void boot() {
        HOME.boot("box");
    }

    @AfterAll
    static void delete() {
        HOME.deleteAll();
    }

    private static Duplex exec(String... words) {
        var argv = Arrays.stream(words)
                .map(w -> (w + "\0").getBytes(StandardCharsets.UTF_8))
                .toList();
        var request = new ExecRequest(argv, null, null, List.of(), null, false);
        return HOME.client()
                .upgrade(
                        "/v1/vms/box/exec",
                        Jsonb.instance().type(ExecRequest.class).toJson(request));
    }

    /** Type and payload of the next frame. */
    private record Frame(int type, byte[] payload) {
        static Frame read(DataInputStream in) throws IOException {
            int type = in.readUnsignedByte();
            var payload = new byte[in.readUnsignedByte() << 16 | in.readUnsignedShort()];
            in.readFully(payload);
            return new Frame(type, payload);
        }
    }

    private static void input(Duplex stream, String text) throws IOException {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        stream.out().write(new byte[] {0, 0, (byte) (bytes.length >> 8), (byte) bytes.length});
        stream.out().write(bytes);
        stream.out().flush();
    }

    private static String outputToItsEnd(Duplex stream) throws IOException {
        var in = new DataInputStream(stream.in());
        var text = new StringBuilder();
        while (true) {
            var frame = Frame.read(in);
            if (frame.type == 1) text.append(new String(frame.payload, StandardCharsets.UTF_8));
            if (frame.type == 5) return text.append(frame.payload[0]).toString();
        }
    }

    @Test
    void thirtyStreamsAreOpenAtOnceAndAStalledOneHoldsNobodyUp() throws Exception {
        var streams = new ArrayList<Duplex>();
        try (var stalled = exec("yes", "stalled")) {
            for (int i = 1; i < STREAMS; i++) streams.add(exec("sh", "-c", "read x; echo \"$x\"; exit 3"));
            // All are open now. Answered in reverse, so that none can depend on the order.
            for (int i = streams.size(); i-- > 0; ) {
                input(streams.get(i), "line " + i + "\n");
                assertThat(outputToItsEnd(streams.get(i))).isEqualTo("line " + i + "\n3");
            }
            assertThat(Frame.read(new DataInputStream(stalled.in())).payload).startsWith("stalled\n".getBytes());
        } finally {
            for (var stream : streams) stream.close();
        }
        Wait.until(
                "the stalled command ended with its stream",
                () -> HOME.exec("box", "pgrep", "-x", "yes").status() == 1);
    }

    @Test
    void nothingOfAnEarlierStreamReachesALaterOne() throws Exception {
        for (int round = 0; round < 20; round++) {
            try (var stream = exec("sh", "-c", "while :; do echo old-old-old-old; done")) {
                Frame.read(new DataInputStream(stream.in()));
            }
            try (var stream = exec("echo", "new " + round)) {
                assertThat(outputToItsEnd(stream)).isEqualTo("new " + round + "\n0");
            }
        }
    }
}
