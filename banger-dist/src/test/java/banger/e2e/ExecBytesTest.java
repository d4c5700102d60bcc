package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Arguments, input and output of a guest command are exact to the byte. */
@Tag("vm")
class ExecBytesTest {
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

    @Test
    void argumentsArriveAsTheyAre() {
        var ended = HOME.exec("box", "printf", "[%s]", "", " ", "a\nb", "'\"$HOME`\\", "-h", "--", "*", "ü€😀");
        assertThat(ended.ok().out()).isEqualTo("[][ ][a\nb]['\"$HOME`\\][-h][--][*][ü€😀]");
        assertThat(ended.err()).isEmpty();
    }

    @Test
    void argumentsThatAreNotTextArriveToo() throws Exception {
        var script = new ByteArrayOutputStream();
        script.write(("exec " + Product.launcher() + " vm exec box -- printf %s '").getBytes(StandardCharsets.UTF_8));
        var all = new byte[254];
        for (int i = 0; i < all.length; i++) all[i] = (byte) (i + 1);
        for (byte b : all) {
            if (b == '\'') script.write("'\\''".getBytes(StandardCharsets.US_ASCII));
            else script.write(b);
        }
        script.write("'\n".getBytes(StandardCharsets.US_ASCII));
        var file = Files.write(HOME.path().resolve("bytes.sh"), script.toByteArray());
        var ended = new Program(List.of("sh", file.toString()), HOME.environment()).run();
        assertThat(ended.ok().outBytes()).isEqualTo(all);
    }

    @Test
    void manyArgumentsAndALongOneArrive() {
        var words = new String[1002];
        java.util.Arrays.fill(words, "x");
        words[0] = "sh";
        words[1] = "-c";
        words[2] = "echo $# ${#1}";
        words[4] = "y".repeat(100_000);
        assertThat(HOME.exec("box", words).ok().out()).isEqualTo("998 100000\n");
    }

    @Test
    void fiveMegabytesOfBytesComeBackAsTheyWent() throws Exception {
        var bytes = new byte[5 << 20];
        new Random(1).nextBytes(bytes);
        var ended =
                HOME.banger("vm", "exec", "box", "--", "cat").in(bytes).run().ok();
        assertThat(sha256(ended.outBytes())).isEqualTo(sha256(bytes));
        assertThat(ended.err()).isEmpty();
    }

    @Test
    void theGuestSeesTheSameInput() throws Exception {
        var bytes = new byte[1 << 20];
        new Random(2).nextBytes(bytes);
        var ended =
                HOME.banger("vm", "exec", "box", "--", "sha256sum").in(bytes).run();
        assertThat(ended.ok().out()).isEqualTo(sha256(bytes) + "  -\n");
    }

    private static String sha256(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    @Test
    void outputAndErrorsStayApart() {
        var ended = HOME.exec("box", "sh", "-c", "printf out; printf err >&2; printf more");
        assertThat(ended.ok().out()).isEqualTo("outmore");
        assertThat(ended.err()).isEqualTo("err");
    }

    @Test
    void outputOfManyMegabytesIsComplete() {
        var ended = HOME.exec("box", "head", "-c", "20000000", "/dev/zero");
        assertThat(ended.ok().outBytes()).hasSize(20_000_000);
    }

    @Test
    void emptyInputEndsAtOnce() {
        assertThat(HOME.exec("box", "wc", "-c").ok().out()).isEqualTo("0\n");
    }

    @Test
    void closedInputIsEmptyInput() {
        var ended = HOME.banger("vm", "exec", "box", "--", "wc", "-c")
                .redirected("<&-")
                .run();
        assertThat(ended.ok().out()).isEqualTo("0\n");
    }

    @Test
    void closedOutputDoesNotHangAndIsNoSuccess() {
        var ended =
                HOME.banger("vm", "exec", "box", "--", "yes").redirected(">&-").run();
        assertThat(ended.status()).isNotZero();
        assertThat(ended.err()).doesNotContain("Exception");
    }

    @Test
    void aReaderThatGoesAwayEndsTheCommand() {
        var words = List.of("sh", "-c", Product.launcher() + " vm exec box -- yes | head -n 1");
        assertThat(new Program(words, HOME.environment()).run().ok().out()).isEqualTo("y\n");
        Wait.until(
                "yes ended in the guest",
                () -> HOME.exec("box", "pgrep", "-x", "yes").status() == 1);
    }

    @Test
    void inputThatNobodyReadsDoesNotHoldTheCommandUp() {
        var ended = HOME.banger("vm", "exec", "box", "--", "true")
                .in(new byte[1 << 20])
                .run();
        ended.ok();
    }
}
