package banger.workspace.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.http.Duplex;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class FramesTest {
    private static Frames told(String refusal) {
        var text = refusal.getBytes(StandardCharsets.UTF_8);
        var frame = new ByteArrayOutputStream();
        frame.writeBytes(new byte[] {(byte) Type.FAILED, 0, 0, (byte) text.length});
        frame.writeBytes(text);
        return new Frames("box", Duplex.saying(frame.toByteArray()));
    }

    @Test
    void aGuestWithoutRoomIsToldHowToGetMore() {
        assertThatThrownBy(() -> told("blob: No space left on device").next())
                .isInstanceOfSatisfying(BangerException.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.GUEST_REFUSED);
                    assertThat(e.remedies()).singleElement().asString().contains("banger vm set box --disk-size");
                });
    }

    @Test
    void whatAnAgentSaysIsSafeToShow() {
        assertThatThrownBy(() -> told("no\033[31m").next()).hasMessage("vm box: no\\x1b[31m");
    }
}
