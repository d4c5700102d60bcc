package banger.docs;

import static org.assertj.core.api.Assertions.assertThat;

import banger.api.ErrorCode;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ErrorsTest {
    private final Document errors = Document.of("docs/errors.md");

    @Test
    void hasEveryCodeOnceInTheCataloguesOrder() {
        assertThat(Document.groups(Pattern.compile("(?m)^### `([^`]+)`$"), errors.text()))
                .containsExactlyElementsOf(
                        Arrays.stream(ErrorCode.values()).map(ErrorCode::code).toList());
    }

    @Test
    void saysEachHttpStatus() {
        for (var code : ErrorCode.values())
            assertThat(errors.section("### `" + code.code() + "`").strip())
                    .as(code.code())
                    .startsWith("HTTP " + code.httpStatus() + ". ");
    }
}
