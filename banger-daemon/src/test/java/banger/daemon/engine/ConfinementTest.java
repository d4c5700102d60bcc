package banger.daemon.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import banger.daemon.process.Programs;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ConfinementTest {
    private static final Path SHIM = Path.of("/shim");

    @BeforeEach
    void bwrap() {
        assumeTrue(Programs.find("bwrap").isPresent(), "bwrap is not installed");
    }

    private static Confinement.Answer told(String line) {
        return new Confinement(SHIM, Answers.saying(line.startsWith("ok") ? 0 : 1, line + "\n"), Optional.empty())
                .answer();
    }

    @Test
    void whatWorkedIsNotTriedAgain() {
        var host = Answers.saying(0, "ok /usr/bin/bwrap\n");
        var confinement = new Confinement(SHIM, host, Optional.of(300000));
        assertThat(confinement.answer().label()).isEqualTo("bubblewrap");
        confinement.answer();
        assertThat(host.asked).hasSize(1);
        assertThat(host.asked.getFirst())
                .containsSequence("/shim", "try-confine", "--confine")
                .endsWith("--uid", "300000");
        confinement.examine();
        assertThat(host.asked).hasSize(2);
    }

    @Test
    void whatDidNotWorkIs() {
        var host = Answers.saying(1, "failed confine: Can't mount proc on /newroot/proc: Operation not permitted\n");
        var confinement = new Confinement(SHIM, host, Optional.empty());
        assertThat(confinement.answer().bwrap()).isEmpty();
        confinement.answer();
        assertThat(host.asked).hasSize(2);
    }

    @Test
    void eachReasonHasItsRemedy() {
        var apparmor = told("failed namespace-apparmor: setting up uid map: Permission denied");
        assertThat(apparmor.label()).isEqualTo("off (AppArmor restricts user namespaces)");
        assertThat(apparmor.remedies().getFirst()).contains("kernel.apparmor_restrict_unprivileged_userns=0");
        assertThat(told("failed namespace-disabled: x").remedies().getFirst()).contains("unprivileged_userns_clone=1");
        var proc = told("failed confine: Can't mount proc on /newroot/proc: Operation not permitted");
        assertThat(proc.label()).isEqualTo("off (bwrap: Can't mount proc on /newroot/proc: Operation not permitted)");
        assertThat(proc.remedies().getFirst()).contains("seccomp=unconfined");
        assertThat(told("").label()).startsWith("off (bwrap: ");
    }
}
