package banger.daemon.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.http.Duplex;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class MuxTest {
    private static final int OPEN = 1;
    private static final int DATA = 2;
    private static final int CREDIT = 3;
    private static final int END = 4;
    private static final int RESET = 5;
    private static final int WINDOW = 262144;

    static final Control.Listener DEAF = new Control.Listener() {
        @Override
        public void dirty(long kib) {}

        @Override
        public void power(String action) {}

        @Override
        public void failed(String text) {}

        @Override
        public void ready() {}
    };

    private record Frame(int stream, int type, byte[] payload) {
        @Override
        public String toString() {
            return stream + " " + type + " " + payload.length;
        }
    }

    private final Wire wire = new Wire(1 << 21);
    private final Duplex guest = wire.guest();
    private final DataInputStream in = new DataInputStream(guest.in());
    private Control control;
    private Mux mux;
    private byte[] nonce;

    @BeforeEach
    void begin() throws IOException {
        control = Control.begin(new Wire().host(), DEAF);
        mux = Mux.begin(wire.host(), control);
        nonce = in.readNBytes(16);
    }

    @AfterEach
    void end() {
        mux.close();
        control.close();
    }

    private void begun() throws Exception {
        guest.out().write(nonce);
        mux.begun().get(10, TimeUnit.SECONDS);
    }

    private void send(int stream, int type, byte... payload) throws IOException {
        send(payload.length, stream, type, payload);
    }

    private void send(int length, int stream, int type, byte... payload) throws IOException {
        var frame = ByteBuffer.allocate(12 + payload.length);
        frame.putInt(length).putInt(stream).put((byte) type).put(new byte[3]).put(payload);
        guest.out().write(frame.array());
    }

    private static byte[] number(int n) {
        return ByteBuffer.allocate(4).putInt(n).array();
    }

    private Frame next() throws IOException {
        int length = in.readInt();
        int stream = in.readInt();
        int type = in.readInt();
        assertThat(type & 0xffffff).isZero();
        assertThat(length).isBetween(0, 65536);
        return new Frame(stream, type >>> 24, in.readNBytes(length));
    }

    private static <T> Future<T> later(Callable<T> work) {
        var task = new FutureTask<>(work);
        Thread.ofVirtual().start(task);
        return task;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void aStreamIsOpenedAndCarriesBytesBothWays() throws Exception {
        begun();
        var stream = mux.open();
        assertThat(next()).hasToString("1 1 0");
        stream.out().write(bytes("ask"));
        assertThat(next().payload()).asString().isEqualTo("ask");
        send(1, DATA, bytes("answer"));
        send(1, END);
        assertThat(stream.in().readAllBytes()).asString().isEqualTo("answer");
        stream.endOutput();
        assertThat(next()).hasToString("1 4 0");
        stream.close();
        var second = mux.open();
        assertThat(next()).hasToString("2 1 0");
        second.close();
        assertThat(next()).hasToString("2 5 0");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 15, 16, 17, 100_000})
    void bytesBeforeTheNonceArePassedOver(int count) throws Exception {
        var leftover = new byte[count];
        new Random(1).nextBytes(leftover);
        guest.out().write(leftover);
        guest.out().write(nonce, 0, 7);
        begun();
        var stream = mux.open();
        send(1, DATA, bytes("x"));
        assertThat(stream.in().read()).isEqualTo('x');
    }

    @Test
    void streamsMayBeOpenedBeforeTheGuestHasBegun() throws Exception {
        var stream = mux.open();
        stream.out().write(bytes("early"));
        assertThat(next().type()).isEqualTo(OPEN);
        assertThat(next().payload()).asString().isEqualTo("early");
        assertThat(mux.begun()).isNotDone();
        begun();
        send(1, DATA, bytes("x"));
        assertThat(stream.in().read()).isEqualTo('x');
    }

    @Test
    void weWriteOnlyWhatThereIsCreditFor() throws Exception {
        begun();
        var stream = mux.open();
        next();
        var content = new byte[WINDOW + 100_000];
        new Random(2).nextBytes(content);
        var writing = later(() -> {
            stream.out().write(content);
            stream.endOutput();
            return true;
        });
        var got = new ByteArrayOutputStream();
        while (got.size() < WINDOW) got.write(next().payload());
        assertThat(got.size()).isEqualTo(WINDOW);
        assertThat(writing.isDone()).isFalse();
        send(1, CREDIT, number(1));
        assertThat(next()).hasToString("1 2 1");
        send(1, CREDIT, number(99_999));
        int rest = 0;
        Frame frame;
        while ((frame = next()).type() == DATA) rest += frame.payload().length;
        assertThat(rest).isEqualTo(99_999);
        assertThat(frame.type()).isEqualTo(END);
        assertThat(writing.get(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void creditIsGivenBackAsTheConsumerReadsAndAllOfItInTheEnd() throws Exception {
        begun();
        var stream = mux.open();
        next();
        var content = new byte[WINDOW * 5];
        new Random(3).nextBytes(content);
        var reading = later(() -> stream.in().readAllBytes());
        int credit = WINDOW;
        for (int sent = 0; sent < content.length; ) {
            while (credit == 0) credit += ByteBuffer.wrap(next().payload()).getInt();
            int n = Math.min(Math.min(credit, 65536), content.length - sent);
            send(1, DATA, Arrays.copyOfRange(content, sent, sent + n));
            credit -= n;
            sent += n;
        }
        send(1, END);
        assertThat(reading.get(10, TimeUnit.SECONDS)).isEqualTo(content);
    }

    @Test
    void aStalledStreamHoldsUpNoOther() throws Exception {
        begun();
        var stalled = mux.open();
        var other = mux.open();
        next();
        next();
        // Nobody reads the first stream: the guest fills its window and has no credit left.
        for (int i = 0; i < 4; i++) send(1, DATA, new byte[65536]);
        var blocked = later(() -> {
            stalled.out().write(new byte[WINDOW + 1]);
            return true;
        });
        int taken = 0;
        while (taken < WINDOW) taken += next().payload().length;
        other.out().write(bytes("ping"));
        assertThat(next().payload()).asString().isEqualTo("ping");
        send(2, DATA, bytes("pong"));
        assertThat(other.in().readNBytes(4)).asString().isEqualTo("pong");
        assertThat(blocked.isDone()).isFalse();
        stalled.close();
        assertThatThrownBy(() -> blocked.get(10, TimeUnit.SECONDS)).isInstanceOf(ExecutionException.class);
    }

    @Test
    void eitherWayEndsByItself() throws Exception {
        begun();
        var stream = mux.open();
        next();
        stream.endOutput();
        stream.endOutput();
        assertThat(next().type()).isEqualTo(END);
        assertThatThrownBy(() -> stream.out().write(1)).isInstanceOf(IOException.class);
        send(1, DATA, bytes("still"));
        assertThat(stream.in().readNBytes(5)).asString().isEqualTo("still");
        send(1, END);
        assertThat(stream.in().read()).isEqualTo(-1);
        stream.close();
        var reversed = mux.open();
        assertThat(next().stream()).isEqualTo(2);
        send(2, END);
        assertThat(reversed.in().read()).isEqualTo(-1);
        reversed.out().write(bytes("more"));
        assertThat(next().payload()).asString().isEqualTo("more");
    }

    @Test
    void aResetIsAnErrorBothWaysAndNotAnEnd() throws Exception {
        begun();
        var stream = mux.open();
        next();
        send(1, DATA, bytes("ab"));
        send(1, RESET);
        assertThat(stream.in().readNBytes(2)).asString().isEqualTo("ab");
        assertThatThrownBy(() -> stream.in().read()).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> stream.out().write(1)).isInstanceOf(IOException.class);
        stream.close();
        // What is late for a stream that is over is passed over.
        send(1, DATA, bytes("late"));
        send(1, END);
        var other = mux.open();
        assertThat(next()).hasToString("2 1 0");
        send(2, DATA, bytes("x"));
        assertThat(other.in().read()).isEqualTo('x');
    }

    @ParameterizedTest
    @CsvSource({
        // length, stream, type, payload bytes
        "65537, 1, 2, 0",
        "-1, 1, 2, 0",
        "2147483647, 1, 2, 0",
        "0, 1, 2, 0",
        "1, 0, 2, 1",
        "1, 9, 2, 1",
        "1, -1, 2, 1",
        "0, 1, 0, 0",
        "0, 1, 1, 0",
        "0, 1, 6, 0",
        "0, 1, 255, 0",
        "0, 1, 3, 0",
        "3, 1, 3, 3",
        "5, 1, 3, 5",
        "4, 1, 3, 4",
        "1, 1, 4, 1",
        "1, 1, 5, 1"
    })
    void aHostileFrameEndsTheSessionForAll(int length, int stream, int type, int payload) throws Exception {
        begun();
        var first = mux.open();
        var second = mux.open();
        send(length, stream, type, new byte[payload]);
        for (var s : List.of(first, second)) {
            assertThatThrownBy(() -> s.in().read()).isInstanceOf(IOException.class);
            assertThatThrownBy(() -> s.out().write(1)).isInstanceOf(IOException.class);
        }
        assertThatThrownBy(() -> mux.open()).isInstanceOf(IOException.class);
    }

    @Test
    void paddingThatIsNotZeroEndsTheSession() throws Exception {
        begun();
        var stream = mux.open();
        guest.out().write(new byte[] {0, 0, 0, 1, 0, 0, 0, 1, 2, 0, 0, 1, 'x'});
        assertThatThrownBy(() -> stream.in().read()).isInstanceOf(IOException.class);
    }

    @Test
    void creditBeyondTheWindowEndsTheSession() throws Exception {
        for (int credit : new int[] {1, Integer.MAX_VALUE, -1, 0}) {
            end();
            var w = new Wire(1 << 20);
            control = Control.begin(new Wire().host(), DEAF);
            mux = Mux.begin(w.host(), control);
            w.guest().out().write(w.guest().in().readNBytes(16));
            var stream = mux.open();
            w.guest()
                    .out()
                    .write(ByteBuffer.allocate(16)
                            .putInt(4)
                            .putInt(1)
                            .put((byte) CREDIT)
                            .put(new byte[3])
                            .putInt(credit)
                            .array());
            assertThatThrownBy(() -> stream.in().read()).isInstanceOf(IOException.class);
        }
    }

    @Test
    void moreDataThanCreditEndsTheSession() throws Exception {
        begun();
        var stream = mux.open();
        var other = mux.open();
        for (int i = 0; i < 4; i++) send(1, DATA, new byte[65536]);
        send(1, DATA, new byte[1]);
        assertThatThrownBy(() -> other.in().read()).isInstanceOf(IOException.class);
        // What was within its credit may be read; then the error comes, not an end.
        assertThatThrownBy(() -> stream.in().readAllBytes()).isInstanceOf(IOException.class);
    }

    @Test
    void dataAfterItsEndEndsTheSession() throws Exception {
        begun();
        var stream = mux.open();
        var other = mux.open();
        send(1, END);
        send(1, DATA, bytes("x"));
        assertThat(stream.in().read()).isEqualTo(-1);
        assertThatThrownBy(() -> other.in().read()).isInstanceOf(IOException.class);
    }

    @Test
    void theGuestsEndIsAnErrorForEveryStream() throws Exception {
        begun();
        var waiting = mux.open();
        var reading = later(() -> waiting.in().read());
        guest.close();
        assertThatThrownBy(() -> reading.get(10, TimeUnit.SECONDS)).isInstanceOf(ExecutionException.class);
        assertThatThrownBy(mux::open).isInstanceOf(IOException.class);
    }

    @Test
    void anInterruptEndsAWait() throws Exception {
        begun();
        var stream = mux.open();
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> stream.in().read()).isInstanceOf(IOException.class);
        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    void aGuestThatNeverBeginsIsAnErrorOnceItIsGone() {
        wire.guest();
        mux.close();
        assertThatThrownBy(() -> mux.begun().get(10, TimeUnit.SECONDS)).isInstanceOf(ExecutionException.class);
    }

    /** Echoes every stream, giving credit as it takes. */
    private void echo(int streams) throws IOException {
        Map<Integer, Integer> credit = new ConcurrentHashMap<>();
        Map<Integer, ByteArrayOutputStream> held = new ConcurrentHashMap<>();
        var ended = new java.util.HashSet<Integer>();
        int over = 0;
        while (over < streams) {
            var frame = next();
            int s = frame.stream();
            switch (frame.type()) {
                case OPEN -> {
                    credit.put(s, WINDOW);
                    held.put(s, new ByteArrayOutputStream());
                }
                case DATA -> {
                    held.get(s).write(frame.payload());
                    send(s, CREDIT, number(frame.payload().length));
                }
                case CREDIT -> credit.merge(s, ByteBuffer.wrap(frame.payload()).getInt(), Integer::sum);
                case END -> ended.add(s);
                default -> throw new IOException("unexpected " + frame);
            }
            var bytes = held.get(s).toByteArray();
            int n = Math.min(bytes.length, credit.get(s));
            for (int at = 0; at < n; at += 65536) send(s, DATA, Arrays.copyOfRange(bytes, at, Math.min(n, at + 65536)));
            credit.merge(s, -n, Integer::sum);
            held.get(s).reset();
            held.get(s).write(bytes, n, bytes.length - n);
            if (ended.contains(s) && n == bytes.length) {
                send(s, END);
                ended.remove(s);
                over++;
            }
        }
    }

    @Test
    void sixtyFourStreamsAtOnceEachGetTheirOwnBytes() throws Exception {
        begun();
        var echoing = later(() -> {
            echo(64);
            return true;
        });
        var results = new ArrayList<Future<Boolean>>();
        for (int i = 0; i < 64; i++) {
            int seed = i;
            results.add(later(() -> {
                var content = new byte[50_000 + seed * 5000];
                new Random(seed).nextBytes(content);
                var stream = mux.open();
                var writing = later(() -> {
                    stream.out().write(content);
                    stream.endOutput();
                    return true;
                });
                var got = stream.in().readAllBytes();
                stream.close();
                return writing.get(20, TimeUnit.SECONDS) && Arrays.equals(got, content);
            }));
        }
        for (var result : results) assertThat(result.get(30, TimeUnit.SECONDS)).isTrue();
        assertThat(echoing.get(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void randomBytesNeverHangNorKill() throws Exception {
        for (int seed = 0; seed < 200; seed++) {
            var random = new Random(seed);
            var w = new Wire(1 << 20);
            var c = Control.begin(new Wire().host(), DEAF);
            var m = Mux.begin(w.host(), c);
            var n = w.guest().in().readNBytes(16);
            if (random.nextInt(10) > 0) w.guest().out().write(n);
            var stream = m.open();
            for (int i = 0; i < 20; i++) {
                var noise = new byte[random.nextInt(40)];
                random.nextBytes(noise);
                // Often nearly a frame: a plausible length, stream and type.
                if (noise.length > 12 && random.nextBoolean())
                    ByteBuffer.wrap(noise)
                            .putInt(noise.length - 12)
                            .putInt(1)
                            .put((byte) random.nextInt(7))
                            .put(new byte[3]);
                try {
                    w.guest().out().write(noise);
                } catch (IOException e) {
                    break; // the session is over
                }
            }
            w.guest().close();
            try {
                stream.in().readAllBytes();
            } catch (IOException e) {
                assertThat(e.getMessage()).isNotBlank();
            }
            m.close();
            c.close();
        }
    }
}
