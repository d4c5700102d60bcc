package banger.cli;

import static org.assertj.core.api.Assertions.assertThat;

import banger.api.model.Event;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class EventLinesTest {
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final AtomicLong millis = new AtomicLong(5000);

    private EventLines lines(String ttys) {
        var out = new PrintStream(err, true, StandardCharsets.UTF_8);
        var terminal = new Terminal(out, out, ttys, Map.of("TERM", "xterm"), true);
        return new EventLines(terminal, millis::get);
    }

    private String shown() {
        return err.toString(StandardCharsets.UTF_8);
    }

    private static final List<Event> RUN = List.of(
            Event.note("spec: 2 vcpu"),
            Event.doing("vm box", "booting", 0, 0),
            Event.doing("image a", "installing packages", 214, 231),
            Event.done("image a", "built from 231 Debian packages", 72_000),
            Event.warn("slow"),
            Event.done("vm box", "ready in {took} (cold boot)", 4240),
            Event.result("{}"));

    @Test
    void withoutATerminalThereAreTheFinalLinesAndNothingElse() {
        var lines = lines("000");
        millis.addAndGet(10_000);
        RUN.forEach(lines);
        assertThat(shown()).isEqualTo("""
                spec: 2 vcpu
                image a: built from 231 Debian packages in 1 min 12 s
                warning: slow
                vm box: ready in 4.2 s (cold boot)
                """);
    }

    @Test
    void onATerminalWhatIsUnderWayIsShownMeanwhile() {
        var lines = lines("111");
        millis.addAndGet(300);
        RUN.forEach(lines);
        assertThat(shown().replaceAll("\r?\033\\[\\??[0-9]*[a-zA-Z]", "^")).isEqualTo("""
                        spec: 2 vcpu
                        ^^vm box: booting^^^image a: installing packages  214/231  [======================> ]^^image a: built from 231 Debian packages in 1 min 12 s
                        warning: slow
                        vm box: ready in 4.2 s (cold boot)
                        """);
    }

    @Test
    void nothingUnderAThirdOfASecondIsAnnounced() {
        var lines = lines("111");
        millis.addAndGet(299);
        lines.accept(Event.doing("vm box", "booting", 0, 0));
        assertThat(shown()).isEmpty();
        millis.addAndGet(1);
        lines.accept(Event.doing("vm box", "booting", 0, 0));
        assertThat(shown()).contains("vm box: booting");
    }

    @Test
    void theBarIsFullOnlyAtTheEndAndNeverOverflows() {
        var lines = lines("111");
        millis.addAndGet(300);
        for (long done : new long[] {0, 1, 99, 100, 150}) lines.accept(Event.doing("x", "y", done, 100));
        assertThat(shown())
                .contains("0/100  [>                       ]")
                .contains("99/100  [=======================>]")
                .contains("100/100  [========================]")
                .contains("150/100  [========================]");
    }

    @Test
    void textOfOthersIsNotObeyed() {
        var lines = lines("000");
        lines.accept(Event.note("a\033[2Jb\nc"));
        lines.accept(Event.done("x\007", "y\u202e", 1000));
        assertThat(shown()).isEqualTo("a\\x1b[2Jb\\x0ac\nx\\x07: y\\u{202e} in 1.0 s\n");
    }

    @Test
    void anEventOfANewerDaemonIsPassedOver() {
        lines("111").accept(new Event("later", null, "x", 0, 0, 0, null, null));
        assertThat(shown()).isEmpty();
    }
}
