package banger.workspace.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectIdTest {
    private static final String DIGITS = "0123456789abcdef";

    @ParameterizedTest
    @ValueSource(ints = {40, 64})
    void isOfOneOfTwoLengths(int length) {
        var text = DIGITS.repeat(4).substring(0, length);
        assertThat(new ObjectId(text)).hasToString(text);
        assertThat(ObjectId.of(new ObjectId(text).raw())).isEqualTo(new ObjectId(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "0", "012345678901234567890123456789012345678", "0123456789abcdef0123456789abcdef012345678"})
    void ofNoOtherLength(String text) {
        refused(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"A", "F", "g", "`", "/", ":", "\n", "\0", "\uff11", " "})
    void onlyLowerCaseDigits(String wrong) {
        refused(wrong + DIGITS.repeat(3).substring(0, 39));
        refused(DIGITS.repeat(3).substring(0, 39) + wrong);
        refused(DIGITS.repeat(3).substring(0, 40) + wrong);
    }

    private static void refused(String text) {
        assertThat(ObjectId.isOne(text)).isFalse();
        assertThatThrownBy(() -> new ObjectId(text)).isInstanceOf(IllegalArgumentException.class);
    }
}
