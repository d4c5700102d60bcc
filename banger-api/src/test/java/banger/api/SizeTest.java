package banger.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SizeTest {
    @ParameterizedTest
    @CsvSource({
        "1, 1048576",
        "4096, 4294967296",
        "1K, 1024",
        "512M, 536870912",
        "4G, 4294967296",
        "2T, 2199023255552",
        "8388607T, 9223370937343148032"
    })
    void whatPeopleTypeIsUnderstood(String text, long bytes) {
        assertThat(Size.parse("--memory", text)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "4GB", "4096MB", "4GiB", "4g", "1.5G", "-1", "+1", " 4G", "4 G", "G", "0x10", "٤", "4G\n"})
    void whatIsNotASizeIsRefusedWithWhatToWrite(String text) {
        assertThatThrownBy(() -> Size.parse("--memory", text))
                .isInstanceOfSatisfying(
                        BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.USAGE))
                .hasMessageStartingWith("--memory ")
                .hasMessageEndingWith(": not a size; write 4G, 4096M, or 4096 for MiB");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "0K", "0T"})
    void nothingIsNoSize(String text) {
        assertThatThrownBy(() -> Size.parse("--memory", text)).hasMessageEndingWith("must be more than zero");
    }

    @ParameterizedTest
    @ValueSource(strings = {"8388608T", "16777216T", "16777217T", "999999999T"})
    void whatNoLongHoldsIsTooMuchAndNotSomethingElse(String text) {
        assertThatThrownBy(() -> Size.parse("--disk-size", text))
                .isInstanceOf(BangerException.class)
                .hasMessage("--disk-size " + text + ": too much");
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0 B",
        "1, 1 B",
        "1023, 1023 B",
        "1024, 1.0 KiB",
        "10188, 9.9 KiB",
        "10189, 10 KiB",
        "1048063, 1023 KiB",
        "1048064, 1.0 MiB",
        "222298112, 212 MiB",
        "1288490189, 1.2 GiB",
        "4294967296, 4.0 GiB",
        "17592186044416, 16 TiB",
        "9223372036854775807, 8388608 TiB"
    })
    void sizesReadAsPeopleSayThem(long bytes, String text) {
        assertThat(Size.human(bytes)).isEqualTo(text);
    }

    @Property(seed = "1")
    void humanSizesAreShortAndNeverWrongByMoreThanTheirLastDigit(
            @ForAll @LongRange(min = 0, max = 1L << 50) long bytes) {
        var text = Size.human(bytes);
        assertThat(text).matches("[0-9]{1,4}(\\.[0-9])? ([KMGT]i)?B");
        var parts = text.split(" ");
        double unit =
                Math.pow(1024, "B,KiB,MiB,GiB,TiB".indexOf(parts[1]) <= 0 ? 0 : 1 + "KMGT".indexOf(parts[1].charAt(0)));
        double step = parts[1].equals("B") ? 0.5 : parts[0].contains(".") ? unit * 0.051 : unit * 0.51;
        assertThat(Double.parseDouble(parts[0]) * unit).isBetween(bytes - step, bytes + step);
    }

    @Property(seed = "1")
    void aSizeAsItIsTypedIsParsedBack(@ForAll @LongRange(min = 1, max = 1 << 29) long mib) {
        assertThat(Size.parse("x", Size.flag(mib * Size.MIB))).isEqualTo(mib * Size.MIB);
    }
}
