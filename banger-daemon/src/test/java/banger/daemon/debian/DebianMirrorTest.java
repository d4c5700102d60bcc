package banger.daemon.debian;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DebianMirrorTest {
    @Test
    void securityUpdatesComeFromBesideTheMirror() {
        assertThat(DebianMirror.of("http://mirror.example/debian/").guestSources("bookworm"))
                .containsExactly(
                        "deb http://mirror.example/debian bookworm main",
                        "deb http://mirror.example/debian bookworm-updates main",
                        "deb http://mirror.example/debian-security bookworm-security main");
        assertThat(DebianMirror.of("https://mirror.example/pub").security())
                .hasToString("http://deb.debian.org/debian-security");
        assertThat(DebianMirror.DEFAULT.sources("bookworm"))
                .allMatch(l -> l.startsWith("deb [signed-by=/usr/share/keyrings/debian-archive-keyring."));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "mirror", "ftp://a/debian", "http://a/debian main\ndeb", "http://a/[x]", "-o x", "http:"})
    void whatIsNoAddressIsRefused(String mirror) {
        assertThatThrownBy(() -> DebianMirror.of(mirror)).isInstanceOf(BangerException.class);
    }
}
