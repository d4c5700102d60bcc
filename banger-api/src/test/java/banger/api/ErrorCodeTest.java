package banger.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ErrorCodeTest {
    @ParameterizedTest
    @EnumSource
    void aCodeIsFoundByItsName(ErrorCode code) {
        assertThat(ErrorCode.of(code.code())).contains(code);
        assertThat(code.code()).matches("[a-z]+(\\.[a-z]+(-[a-z]+)*)?");
        assertThat(code.httpStatus()).isBetween(400, 599);
    }

    @Test
    void everyCodeIsItsOwn() {
        assertThat(Arrays.stream(ErrorCode.values()).map(ErrorCode::code)).doesNotHaveDuplicates();
        assertThat(ErrorCode.of("vm.nonsense")).isEmpty();
    }

    @Test
    void anErrorKeepsItsPartsAndItsCause() {
        var cause = new IllegalStateException("x");
        var e = new BangerException(ErrorCode.VM_EXISTS, "vm box: exists already", "a", "b").because(cause);
        assertThat(e.code()).isEqualTo(ErrorCode.VM_EXISTS);
        assertThat(e.fact()).isEqualTo("vm box: exists already");
        assertThat(e.remedies()).isEqualTo(List.of("a", "b"));
        assertThat(e).hasCause(cause);
    }
}
