package banger.daemon.engine.firecracker;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FirecrackerVersionTest {
    private static FirecrackerVersion version(String text) {
        return FirecrackerVersion.parse(text).orElseThrow();
    }

    @Test
    void itIsReadFromWhatTheProgramSays() {
        var says =
                "Firecracker v1.16.1\n\n2026-01-01T00:00:00 [x:main] Firecracker exiting successfully. exit_code=0\n";
        assertThat(FirecrackerVersion.told(says)).contains(new FirecrackerVersion(1, 16, 1));
        assertThat(FirecrackerVersion.told("Firecracker v1.17.0-dev\n")).contains(new FirecrackerVersion(1, 17, 0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Firecracker", "Firecracker v1", "Jailer v1.16.1", "v1.16.1", "Firecracker v1.16.x"})
    void whatSaysNoneHasNone(String says) {
        assertThat(FirecrackerVersion.told(says)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1", "1.2", "1.2.3.4", "v1.2.3", "1.2.99999", "../1.2.3"})
    void whatIsNoneIsNone(String text) {
        assertThat(FirecrackerVersion.parse(text)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"1.7.0,false", "0.25.2,false", "1.11.9,false", "1.12.0,true", "1.16.1,true", "2.0.0,true"})
    void theOldestIsTheFirstThatGivesASavedMachineAnotherTap(String text, boolean supported) {
        assertThat(version(text).supported()).isEqualTo(supported);
    }

    @ParameterizedTest
    @CsvSource({
        "1.12.1, CVE-2026-1386",
        "1.13.0, CVE-2026-5747 CVE-2026-1386",
        "1.13.1, CVE-2026-5747 CVE-2026-1386",
        "1.14.0, CVE-2026-5747 CVE-2026-1386",
        "1.14.3, CVE-2026-5747",
        "1.14.4, ''",
        "1.15.0, CVE-2026-5747",
        "1.15.1, ''",
        "1.16.1, ''"
    })
    void itsHolesAreKnown(String text, String cves) {
        assertThat(String.join(
                        " ",
                        version(text).holes().stream()
                                .map(FirecrackerVersion.Hole::cve)
                                .toList()))
                .isEqualTo(cves);
    }
}
