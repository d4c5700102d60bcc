package banger.daemon.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.model.ExecRequest;
import banger.api.model.Terminal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class ExecDescriptionTest {
    private static byte[] ended(String text) {
        return (text + "\0").getBytes(StandardCharsets.UTF_8);
    }

    private static List<String> lines(ExecRequest request) {
        return new String(ExecDescription.of(request).bytes(), StandardCharsets.US_ASCII)
                .lines()
                .toList();
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static void refused(ExecRequest request) {
        assertThatThrownBy(() -> ExecDescription.of(request))
                .isInstanceOfSatisfying(
                        BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.USAGE));
    }

    private static ExecRequest command(List<byte[]> argv) {
        return new ExecRequest(argv, null, null, List.of(), null, false);
    }

    @Test
    void everythingHasItsLineInOrder() {
        var request = new ExecRequest(
                List.of(ended("ls"), ended(""), ended("a b\n")),
                "/src",
                "app",
                List.of(ended("A=1")),
                new Terminal(80, 24, "xterm-256color"),
                true);
        assertThat(lines(request))
                .containsExactly(
                        "arg=" + base64("ls"),
                        "arg=",
                        "arg=" + base64("a b\n"),
                        "env=" + base64("A=1"),
                        "cwd=" + base64("/src"),
                        "user=" + base64("app"),
                        "login=" + base64("1"),
                        "tty=" + base64("80 24 xterm-256color"));
    }

    @Test
    void aTerminalsNameThatIsNoneBecomesDumb() {
        for (var term : List.of("", "x y", "\033", "x".repeat(65), "../x"))
            assertThat(lines(new ExecRequest(
                            List.of(ended("x")), null, null, List.of(), new Terminal(1, 1, term), false)))
                    .contains("tty=" + base64("1 1 dumb"));
    }

    @Test
    void whatTheGuestWouldMistakeIsRefused() {
        refused(command(List.of()));
        refused(command(List.of(new byte[0])));
        refused(command(List.of("no end".getBytes(StandardCharsets.UTF_8))));
        refused(command(List.of(ended("a\0b"))));
        refused(new ExecRequest(List.of(ended("x")), "/a\0b", null, List.of(), null, false));
        refused(new ExecRequest(List.of(ended("x")), null, "a\0", List.of(), null, false));
        for (var size : List.of(new Terminal(0, 1, "x"), new Terminal(1, 0, "x"), new Terminal(65536, 1, "x")))
            refused(new ExecRequest(List.of(ended("x")), null, null, List.of(), size, false));
        refused(command(Collections.nCopies(4097, ended("x"))));
        refused(command(List.of(ended("x".repeat(2 << 20)))));
    }

    @Test
    void aLoginNeedsNoCommand() {
        assertThat(lines(new ExecRequest(List.of(), null, null, List.of(), null, true)))
                .containsExactly("login=" + base64("1"));
    }

    @Property(seed = "1")
    void argumentsAreByteExact(@ForAll @Size(min = 1, max = 6) List<@Size(max = 30) byte[]> arguments) {
        for (var a : arguments) for (int i = 0; i < a.length; i++) if (a[i] == 0) a[i] = 1;
        var request = command(
                arguments.stream().map(a -> Arrays.copyOf(a, a.length + 1)).toList());
        var decoded = lines(request).stream()
                .map(l -> Base64.getDecoder().decode(l.substring(4)))
                .toList();
        assertThat(decoded).hasSameSizeAs(arguments);
        for (int i = 0; i < decoded.size(); i++) assertThat(decoded.get(i)).isEqualTo(arguments.get(i));
    }
}
