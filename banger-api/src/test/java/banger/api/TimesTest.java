package banger.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TimesTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0.00 s",
        "190, 0.19 s",
        "994, 0.99 s",
        "995, 1.0 s",
        "4240, 4.2 s",
        "59949, 59.9 s",
        "59950, 1 min 0 s",
        "71600, 1 min 12 s",
        "119600, 2 min 0 s",
        "3600000, 60 min 0 s"
    })
    void durationsReadAsPeopleSayThem(long millis, String text) {
        assertThat(Times.took(millis)).isEqualTo(text);
    }

    @Property(seed = "1")
    void noMinuteHasSixtySeconds(@ForAll @LongRange(min = 0, max = 100_000_000) long millis) {
        assertThat(Times.took(millis)).matches("[0-9]\\.[0-9]{1,2} s|[1-5][0-9]\\.[0-9] s|[0-9]+ min [1-5]?[0-9] s");
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0 s ago",
        "59, 59 s ago",
        "60, 1 min ago",
        "3599, 59 min ago",
        "3600, 1 hour ago",
        "7200, 2 hours ago",
        "86399, 23 hours ago",
        "86400, 1 day ago",
        "259200, 3 days ago"
    })
    void timesPastReadAsPeopleSayThem(long seconds, String text) {
        var now = Instant.parse("2026-01-02T03:04:05Z");
        assertThat(Times.ago(now.minusSeconds(seconds), now)).isEqualTo(text);
    }

    @Test
    void aClockThatWasSetBackGivesNoNegativeTime() {
        var now = Instant.parse("2026-01-02T03:04:05Z");
        assertThat(Times.ago(now.plusSeconds(100), now)).isEqualTo("0 s ago");
    }
}
