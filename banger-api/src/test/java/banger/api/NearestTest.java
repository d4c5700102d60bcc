package banger.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestTest {
    private static final List<String> VERBS = List.of("run", "start", "stop", "restart", "list", "exec", "ssh");

    @ParameterizedTest
    @CsvSource({
        "sotp, stop",
        "strat, start",
        "ru, run",
        "rnu, run",
        "lits, list",
        "exce, exec",
        "shs, ssh",
        "restrat, restart",
        "stp, stop"
    })
    void slipsOfTheFingerAreUnderstood(String typed, String meant) {
        assertThat(Nearest.to(typed, VERBS)).contains(meant);
    }

    @Test
    void theOnlyOneThatBeginsSoIsMeantHoweverLong() {
        assertThat(Nearest.to("--mem", List.of("--rm", "--memory", "--name"))).contains("--memory");
        assertThat(Nearest.to("--", List.of("--memory"))).isEmpty();
        assertThat(Nearest.to("sta", List.of("start", "stats"))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"delete", "x", "rx1", "frobnicate"})
    void anotherWordIsNotGuessedAt(String typed) {
        assertThat(Nearest.to(typed, VERBS)).isEmpty();
    }

    @Test
    void ofEquallyNearOnesTheFirstInTheAlphabet() {
        assertThat(Nearest.to("bax", List.of("box", "bex"))).contains("bex");
        assertThat(Nearest.to("box", List.of())).isEmpty();
    }

    @Property(seed = "1")
    void distanceIsSymmetricAndZeroOnlyForTheSame(
            @ForAll @AlphaChars @StringLength(max = 8) String a, @ForAll @AlphaChars @StringLength(max = 8) String b) {
        assertThat(Nearest.distance(a, b)).isEqualTo(Nearest.distance(b, a));
        assertThat(Nearest.distance(a, b) == 0).isEqualTo(a.equals(b));
    }
}
