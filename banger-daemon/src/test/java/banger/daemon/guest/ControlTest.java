package banger.daemon.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.http.Duplex;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class ControlTest {
    private final Wire wire = new Wire();
    private final Duplex guest = wire.guest();
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private Control control;
    private BufferedReader lines;
    private String nonce;

    private final Control.Listener listener = new Control.Listener() {
        @Override
        public void dirty(long kib) {
            heard.add("dirty " + kib);
        }

        @Override
        public void power(String action) {
            heard.add("power " + action);
        }

        @Override
        public void failed(String text) {
            heard.add("failed " + text);
        }

        @Override
        public void ready() {
            heard.add("ready");
        }
    };

    @BeforeEach
    void begin() throws IOException {
        control = Control.begin(wire.host(), listener);
        lines = new BufferedReader(new InputStreamReader(guest.in(), StandardCharsets.ISO_8859_1));
        var greeting = lines.readLine();
        assertThat(greeting).matches("\0host [0-9a-f]{32} 1");
        nonce = greeting.split(" ")[1];
    }

    @AfterEach
    void end() throws IOException {
        control.close();
        guest.close();
    }

    private void say(String text) throws IOException {
        guest.out().write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private String hello() {
        return "\0hello " + nonce + " 1 abc123 agent ready 4\n";
    }

    private Hello greeted() throws Exception {
        return control.hello().get(10, TimeUnit.SECONDS);
    }

    private IOException ended() throws Exception {
        return control.ended().get(10, TimeUnit.SECONDS);
    }

    @Test
    void theGuestIntroducesItself() throws Exception {
        say(hello());
        assertThat(greeted()).isEqualTo(new Hello("abc123", "agent", "ready", 4));
        assertThat(greeted().ready()).isTrue();
        assertThat(greeted().wantsConfiguration()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "leftover of an earlier line",
                "ready\ndirty 5\npower poweroff\n",
                "\0hello 00000000000000000000000000000000 1 abc agent ready 1\n",
                "\0hello",
                "\0\0\0",
                "\0hello one two three\n",
                "\n\n\n",
                "\u00ff\u0080\u0001"
            })
    void whateverCameBeforeTheGreetingIsPassedOver(String leftover) throws Exception {
        say(leftover + hello());
        assertThat(greeted().build()).isEqualTo("abc123");
        assertThat(heard).isEmpty();
    }

    @Test
    void aFloodBeforeTheGreetingIsPassedOver() throws Exception {
        for (int i = 0; i < 50; i++) say("x".repeat(10_000));
        say(hello());
        assertThat(greeted().build()).isEqualTo("abc123");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2 abc agent ready 1",
                "x abc agent ready 1",
                "1 ABC agent ready 1",
                "1 abc root ready 1",
                "1 abc agent up 1",
                "1 abc agent ready -1",
                "1 abc agent ready 9999999999999999999"
            })
    void aGreetingWithOurNonceMustBeWellFormed(String rest) throws Exception {
        say("\0hello " + nonce + " " + rest + "\n");
        assertThat(ended()).isNotNull();
        assertThatThrownBy(this::greeted).isInstanceOf(ExecutionException.class);
    }

    @Test
    void announcementsReachTheListenerInOrder() throws Exception {
        say(hello() + "ready\ndirty 512\ndirty 0\npong abc\nstate ready 4\npower reboot\nfailed no disk\n");
        var all = new ArrayList<String>();
        for (int i = 0; i < 5; i++) all.add(heard.poll(10, TimeUnit.SECONDS));
        assertThat(all).containsExactly("ready", "dirty 512", "dirty 0", "power reboot", "failed no disk");
        assertThat(control.ended()).isNotDone();
    }

    @Test
    void textOfTheGuestIsMadePrintable() throws Exception {
        say(hello() + "failed a\033[2Jb\u009b\t\n");
        assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("failed a\\x1b[2Jb\\x9b\\x09");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nonsense",
                "",
                "dirty",
                "dirty -1",
                "dirty 1e3",
                "dirty 9999999999999999999",
                "power",
                "power off",
                "power poweroff now",
                "READY",
                "\0hello again",
                "hello\033[31m"
            })
    void aHostileLineEndsTheConversation(String line) throws Exception {
        say(hello() + line + "\n");
        assertThat(ended().getMessage()).isNotBlank().doesNotContain("\033").doesNotContain("\0");
        assertThat(greeted().build()).isEqualTo("abc123");
        assertThat(guest.in().readAllBytes()).isEmpty();
        assertThat(heard).isEmpty();
    }

    @Test
    void anOverlongLineEndsTheConversation() throws Exception {
        say(hello() + "failed " + "x".repeat(2000));
        assertThat(ended()).hasMessageContaining("a line over");
    }

    @Test
    void theEndOfTheConnectionIsTold() throws Exception {
        var mux = control.mux(Nonce.fresh());
        guest.close();
        assertThat(ended()).hasMessageContaining("ended");
        assertThatThrownBy(this::greeted).isInstanceOf(ExecutionException.class);
        assertThatThrownBy(() -> mux.get(10, TimeUnit.SECONDS)).isInstanceOf(ExecutionException.class);
    }

    @Test
    void aListenerThatThrowsEndsTheConversationAndNotSilently() throws Exception {
        var other = new Wire();
        var broken = Control.begin(other.host(), new Control.Listener() {
            @Override
            public void dirty(long kib) {}

            @Override
            public void power(String action) {}

            @Override
            public void failed(String text) {}

            @Override
            public void ready() {
                throw new IllegalStateException("bug");
            }
        });
        var reader = new BufferedReader(new InputStreamReader(other.guest().in(), StandardCharsets.ISO_8859_1));
        var itsNonce = reader.readLine().split(" ")[1];
        other.guest()
                .out()
                .write(("\0hello " + itsNonce + " 1 abc init boot 0\nready\n").getBytes(StandardCharsets.ISO_8859_1));
        assertThat(broken.ended().get(10, TimeUnit.SECONDS)).hasMessageContaining("bug");
    }

    @Test
    void aStreamsSessionHasBegunWhenItsOwnNonceComesBack() throws Exception {
        say(hello());
        greeted();
        var session = Nonce.fresh();
        var begun = control.mux(session);
        assertThat(lines.readLine()).isEqualTo("mux " + session.hex());
        say("mux 00000000000000000000000000000000\nready\n");
        assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("ready");
        assertThat(begun).isNotDone();
        say("mux " + session.hex() + "\n");
        begun.get(10, TimeUnit.SECONDS);
    }

    @Test
    void linesOfSeveralThreadsDoNotMix() throws Exception {
        var threads = new ArrayList<Thread>();
        for (int t = 0; t < 8; t++) {
            var word = "ping " + Integer.toString(t).repeat(30);
            threads.add(Thread.ofVirtual().start(() -> {
                try {
                    for (int i = 0; i < 50; i++) control.send(word);
                } catch (IOException e) {
                    heard.add("broken " + e);
                }
            }));
        }
        var seen = new ArrayList<String>();
        for (int i = 0; i < 400; i++) seen.add(lines.readLine());
        for (var thread : threads) thread.join();
        assertThat(seen).allMatch(l -> l.matches("ping ([0-7])\\1{29}"));
        assertThat(List.copyOf(heard)).isEmpty();
    }
}
