package banger.daemon.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.model.EngineInfo;
import banger.daemon.engine.firecracker.FirecrackerProgram;
import banger.daemon.engine.firecracker.FirecrackerPull;
import banger.daemon.process.Programs;
import banger.daemon.publish.Download;
import banger.daemon.publish.Fetching;
import banger.daemon.publish.Recorded;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostEnginesTest {
    private static final Path QEMU = Path.of("/opt/qemu");

    @TempDir
    Path dir;

    private HostEngines engines(Answers host) {
        var probe = new KvmProbe(Path.of("/shim"), host, dir.resolve("memory"), dir.resolve("kvm"));
        return new HostEngines(
                host,
                new Shim(Path.of("/shim"), host, () -> Confinement.Answer.NOT_WANTED, MemoryBound.none()),
                probe,
                Optional.of(QEMU),
                firecracker(host),
                pull(),
                new SealedMemory());
    }

    /** From where nobody answers. */
    private FirecrackerPull pull() {
        return new FirecrackerPull(
                dir.resolve("engines"),
                URI.create("http://127.0.0.1:1/"),
                new Download(Duration.ofSeconds(5), Duration.ofSeconds(5), HttpClient.Redirect.NEVER));
    }

    /** There is one when a test makes the file. */
    private FirecrackerProgram firecracker(Answers host) {
        return new FirecrackerProgram(host, Optional.of(dir.resolve("firecracker")), dir.resolve("engines"));
    }

    private void thereIsAFirecracker() throws IOException {
        Files.createFile(dir.resolve("firecracker"));
    }

    private static Answers host(String kvm, String version) {
        return new Answers(a -> a.getFirst().equals("/shim")
                ? Answers.result(kvm.startsWith("ok") ? 0 : 1, kvm + "\n")
                : Answers.result(0, version + "\n"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"auto", "qemu"})
    void kvmIsUsedWhereItReallyWorks(String wanted) {
        var with = engines(host("ok 3", "QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)"));
        assertThat(with.select(wanted).traits()).isEqualTo(new Traits("qemu/kvm", true, false, true));
        assertThat(with.note(wanted)).isEmpty();
        assertThat(with.qemuVersion()).isEqualTo("qemu 7.2.22");
    }

    @ParameterizedTest
    @ValueSource(strings = {"auto", "qemu"})
    void elseItEmulatesAndSaysWhy(String wanted) {
        var without = engines(host("failed device: none", "QEMU emulator version 10.0.2"));
        assertThat(without.select(wanted).traits()).isEqualTo(new Traits("qemu/tcg", false, false, true));
        assertThat(without.note(wanted))
                .isEqualTo("no /dev/kvm, so this VM is emulated: slow, and no isolation boundary (banger doctor)");
    }

    @Test
    void aMachineIsFoundAgainByTheEngineThatStartedIt() {
        var engines = engines(host("ok 3", "QEMU emulator version 8.0.0"));
        assertThat(engines.byLabel("qemu/tcg").traits().label()).isEqualTo("qemu/tcg");
        assertThat(engines.byLabel("qemu/kvm").traits().label()).isEqualTo("qemu/kvm");
    }

    private void refused(Answers host, String wanted, ErrorCode code, String fact) {
        assertThatThrownBy(() -> engines(host).select(wanted)).isInstanceOfSatisfying(BangerException.class, e -> {
            assertThat(e.code()).isEqualTo(code);
            assertThat(e.fact()).contains(fact);
            assertThat(e.remedies()).isNotEmpty();
        });
    }

    @ParameterizedTest
    @CsvSource({"7.1.9", "6.2.0", "2.12", "0.1"})
    void aQemuTooOldIsRefused(String version) {
        refused(host("ok 3", "QEMU emulator version " + version), "auto", ErrorCode.ENGINE_UNAVAILABLE, "too old");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "hello", "version x"})
    void aProgramThatIsNoQemuIsRefused(String says) {
        refused(host("ok 3", says), "auto", ErrorCode.ENGINE_UNAVAILABLE, "does not say its version");
    }

    @Test
    void firecrackerIsTheFirstChoiceWhereKvmWorks() throws IOException {
        thereIsAFirecracker();
        var engines = engines(host("ok 3", "Firecracker v1.16.1"));
        for (var wanted : List.of("auto", "firecracker"))
            assertThat(engines.select(wanted).traits()).isEqualTo(new Traits("firecracker", true, true, false));
        assertThat(engines.byLabel("firecracker").traits().label()).isEqualTo("firecracker");
    }

    @Test
    void firecrackerIsRefusedWithTheReason() throws IOException {
        thereIsAFirecracker();
        refused(
                host("failed device: none", "Firecracker v1.16.1"),
                "firecracker",
                ErrorCode.ENGINE_UNAVAILABLE,
                "engine firecracker: needs KVM, and no /dev/kvm");
        Files.delete(dir.resolve("memory"));
        refused(host("ok 3", "Firecracker v1.7.0"), "firecracker", ErrorCode.ENGINE_UNAVAILABLE, "too old");
        refused(host("ok 3", "QEMU version 8"), "firecracker", ErrorCode.ENGINE_UNAVAILABLE, "it is no Firecracker");
        Files.delete(dir.resolve("firecracker"));
        refused(host("ok 3", "Firecracker v1.16.1"), "firecracker", ErrorCode.ENGINE_UNAVAILABLE, "cannot be read");
    }

    @Test
    void eachIsListedWithTheReasonWhyNot() throws IOException {
        var none = engines(host("ok 3", "QEMU emulator version 8.0.0")).list();
        assertThat(none.getFirst().usable()).isFalse();
        assertThat(none.getFirst().note()).contains("cannot be read");
        assertThat(none.getLast()).isEqualTo(new EngineInfo("qemu", "8.0.0", QEMU.toString(), true, "with KVM"));
        thereIsAFirecracker();
        var old = engines(host("ok 3", "Firecracker v1.13.0")).list().getFirst();
        assertThat(old.version()).isEqualTo("1.13.0");
        assertThat(old.note())
                .startsWith("with KVM; CVE-2026-5747 (PCI transport")
                .contains("CVE-2026-1386");
        Files.delete(dir.resolve("memory"));
        var stuck =
                engines(host("failed stuck: x", "Firecracker v1.16.1")).list().getFirst();
        assertThat(stuck)
                .isEqualTo(new EngineInfo(
                        "firecracker",
                        "1.16.1",
                        dir.resolve("firecracker").toString(),
                        false,
                        "needs KVM, and KVM opens here but does not run a guest"));
    }

    @Test
    void otherEnginesAreRefused() {
        refused(host("ok 3", "version 8.0.0"), "vmware\033", ErrorCode.USAGE, "engine \"vmware\\x1b\": not an engine");
    }

    @Test
    void theVersionIsAskedOnceForAllVms() {
        var host = host("ok 3", "QEMU emulator version 8.0.0");
        var engines = engines(host);
        for (int i = 0; i < 5; i++) engines.select("auto");
        assertThat(host.asked.stream().filter(a -> a.contains("--version"))).hasSize(1);
    }

    private HostEngines withoutFirecracker(Answers host) {
        var probe = new KvmProbe(Path.of("/shim"), host, dir.resolve("memory"), dir.resolve("kvm"));
        var none = new FirecrackerProgram(host, Optional.empty(), dir.resolve("engines"));
        return new HostEngines(
                host,
                new Shim(Path.of("/shim"), host, () -> Confinement.Answer.NOT_WANTED, MemoryBound.none()),
                probe,
                Optional.of(QEMU),
                none,
                pull(),
                new SealedMemory());
    }

    private static String last(Recorded progress) {
        return progress.notes.getLast();
    }

    @Test
    void aFirecrackerThatCannotBeFetchedIsSaidAndQemuIsUsed() {
        assumeTrue(Programs.find("firecracker").isEmpty(), "a firecracker is installed on this host");
        var engines = withoutFirecracker(host("ok 3", "QEMU emulator version 8.0.0"));
        var progress = new Recorded();
        engines.ensure("auto", Fetching.ALLOWED, progress);
        assertThat(last(progress)).contains("no answer from 127.0.0.1", "QEMU with KVM is used");
        assertThat(engines.select("auto").traits().label()).isEqualTo("qemu/kvm");
        // Not tried again at each start.
        engines.ensure("auto", Fetching.ALLOWED, progress);
        assertThat(last(progress)).contains("a while ago");
        engines.ensure("auto", Fetching.FORBIDDEN, progress);
        assertThat(last(progress)).contains("--offline");
        assertThatThrownBy(() -> engines.ensure("firecracker", Fetching.ALLOWED, progress))
                .isInstanceOfSatisfying(
                        BangerException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.ENGINE_PULL_FAILED));
        int before = progress.notes.size();
        engines.ensure("qemu", Fetching.ALLOWED, progress);
        assertThat(progress.notes).hasSize(before);
    }

    @Test
    void nothingIsFetchedWhereKvmDoesNotWork() {
        var progress = new Recorded();
        withoutFirecracker(host("failed device: none", "QEMU emulator version 8.0.0"))
                .ensure("firecracker", Fetching.ALLOWED, progress);
        assertThat(progress.notes).isEmpty();
    }
}
