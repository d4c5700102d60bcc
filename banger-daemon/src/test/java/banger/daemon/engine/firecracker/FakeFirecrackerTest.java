package banger.daemon.engine.firecracker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.engine.BootSpec;
import banger.daemon.engine.Confinement;
import banger.daemon.engine.Hypervisor;
import banger.daemon.engine.MemoryBound;
import banger.daemon.engine.RecordedMachineContract;
import banger.daemon.engine.Shim;
import banger.daemon.engine.Signals;
import banger.daemon.guest.Control;
import banger.daemon.guest.Sleep;
import banger.daemon.process.HostCommandRunner;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The engine against a program that keeps to Firecracker's API, or is told to break it. */
@Timeout(120)
@Tag("slow")
class FakeFirecrackerTest extends RecordedMachineContract {
    private static final Path NATIVE =
            Path.of(System.getProperty("banger.checkout", "..")).resolve("native/target");

    @TempDir
    Path directory;

    @TempDir
    Path elsewhere;

    private String fault = "none";
    private BootSpec.Placement placement = BootSpec.Placement.PLAIN;

    @BeforeEach
    void files() throws IOException {
        for (var name : List.of("vda", "vdb", "vdc", "vdd", "kernel", "initrd"))
            Files.writeString(directory.resolve(name), name);
    }

    @Override
    protected Hypervisor engine() {
        return new FirecrackerHypervisor(
                FakeFirecracker.program(elsewhere, fault), "1.16.1", shim(), new Signals(new HostCommandRunner()));
    }

    private static Shim shim() {
        return new Shim(
                NATIVE.resolve("banger-shim"),
                new HostCommandRunner(),
                () -> Confinement.Answer.NOT_WANTED,
                MemoryBound.none());
    }

    @Override
    protected BootSpec spec(Control.Listener listener) {
        return new BootSpec(
                "box",
                directory,
                List.of(),
                "console=ttyS0",
                1,
                256,
                "02:00:00:00:00:01",
                3,
                placement,
                "off",
                listener);
    }

    @Override
    protected byte[] configuration() {
        return new byte[] {'x'};
    }

    @Override
    protected void breakNextBoot() {
        try {
            Files.delete(directory.resolve("vdb"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "dies | no luck today",
                "dies:/machine-config | no luck at /machine-config",
                "dies:/actions | no luck at /actions",
                "refuses:/drives/vdb | drive vdb: no luck \\x1b[31mtoday",
                "refuses:/network-interfaces/eth0 | network card on bgr0123456789ab: no luck",
                "refuses:/actions | no luck \\x1b[31mtoday",
                "refuses-oddly:/vsock | vsock: status 500 no luck today",
                "garbage:/boot-source | HTTP",
                "half:/actions | ended inside a message",
                "huge:/entropy | over 64 KiB",
                "endless-head:/entropy | head over",
                "no-length:/vsock | without a length",
                "hangs-up:/actions | ended instead of answering"
            })
    void whateverGoesWrongAtAStartIsToldAndNothingRuns(String what, String told) throws IOException {
        fault = what;
        // A tap that it cannot have, because it is taken, is refused by its API too.
        placement = on("bgr0123456789ab");
        assertThatThrownBy(this::boot).isInstanceOfSatisfying(BangerException.class, e -> {
            assertThat(e.code()).isEqualTo(ErrorCode.VM_START_FAILED);
            assertThat(e.fact())
                    .startsWith("vm box: Firecracker did not start: ")
                    .contains(told);
            assertThat(e.fact().chars().allMatch(c -> c >= ' ')).isTrue();
        });
        nothingRuns();
        assertThat(directory.resolve(Sockets.CONTROL)).doesNotExist();
    }

    private static BootSpec.Placement on(String tap) {
        return new BootSpec.Placement(Optional.empty(), Optional.empty(), Optional.of(tap));
    }

    /** Of a saved machine: the fake's state says it in its first line. */
    private static String tapOf(Path saved) throws IOException {
        return Files.readString(saved.resolve("state"))
                .lines()
                .findFirst()
                .orElseThrow()
                .split(" ")[1];
    }

    @Test
    void savedItContinuesOnAnotherTap() throws Exception {
        placement = on("bgr0123456789ab");
        bootToReady();
        var saved = save();
        assertThat(tapOf(saved)).isEqualTo("bgr0123456789ab");
        machine().kill();
        placement = on("bgrba9876543210");
        restore(saved);
        machine().wake(Sleep.Kind.RESUME);
        answers();
        Files.move(saved, saved.resolveSibling("first"));
        assertThat(tapOf(save())).isEqualTo("bgrba9876543210");
    }

    @Test
    void aKernelThatIsMissingIsNamed() throws IOException {
        Files.delete(directory.resolve("kernel"));
        assertThatThrownBy(this::boot)
                .isInstanceOfSatisfying(
                        BangerException.class,
                        e -> assertThat(e.fact())
                                .isEqualTo(
                                        "vm box: Firecracker did not start: kernel: The kernel file cannot be opened: "
                                                + "No such file or directory (os error 2)"));
        nothingRuns();
    }

    @Test
    void oneThatNeverOpensItsSocketIsGivenUp() throws IOException {
        fault = "no-socket";
        var engine = new FirecrackerHypervisor(
                FakeFirecracker.program(elsewhere, fault),
                "1.16.1",
                shim(),
                new Signals(new HostCommandRunner()),
                Duration.ofSeconds(1));
        assertThatThrownBy(() -> engine.boot(spec(listener()))).isInstanceOfSatisfying(BangerException.class, e -> {
            assertThat(e.code()).isEqualTo(ErrorCode.VM_START_FAILED);
            assertThat(e.fact()).isEqualTo("vm box: Firecracker did not start: it made no socket api.sock within 1 s");
            assertThat(e.remedies()).isNotEmpty();
        });
        nothingRuns();
        assertThat(directory.resolve(Sockets.CONTROL)).doesNotExist();
    }

    @Test
    void aDirectoryTooDeepForSocketsIsRefusedBeforeAnythingRuns() throws IOException {
        directory = Files.createDirectories(directory.resolve("d".repeat(100)));
        files();
        assertThatThrownBy(this::boot).isInstanceOfSatisfying(BangerException.class, e -> {
            assertThat(e.code()).isEqualTo(ErrorCode.VM_START_FAILED);
            assertThat(e.fact()).startsWith("vm box: the path of its socket ").endsWith("bytes, and 107 are allowed");
            assertThat(e.remedies().toString()).contains("a BANGER_HOME that is ", " bytes shorter");
        });
        assertThat(directory.resolve("run.ref")).doesNotExist();
    }

    /** What is in its file is no Firecracker: no program at all, one that ends at once, one that says a lot. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "\177ELF and nothing else",
                "#!/bin/sh\nexit 0\n",
                "#!/bin/sh\nyes | head -c 10000000\nyes | head -c 10000000 >&2\nexit 1\n"
            })
    void aProgramThatIsNoFirecrackerIsAnErrorAndNothingRuns(String content) throws IOException {
        var program = elsewhere.resolve("other");
        Files.writeString(program, content);
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        var engine = new FirecrackerHypervisor(program, "1.16.1", shim(), new Signals(new HostCommandRunner()));
        assertThatThrownBy(() -> engine.boot(spec(listener()))).isInstanceOfSatisfying(BangerException.class, e -> {
            assertThat(e.code()).isEqualTo(ErrorCode.VM_START_FAILED);
            assertThat(e.fact()).startsWith("vm box: ").hasSizeLessThan(1000);
            assertThat(e.remedies()).isNotEmpty();
        });
        assertThat(directory.resolve(Sockets.API)).doesNotExist();
        assertThat(directory.resolve(Sockets.CONTROL)).doesNotExist();
        // However much it said, its logs are bounded.
        for (var log : List.of("vmm.log", "vmm.log.1", "console.log", "console.log.1"))
            if (Files.exists(directory.resolve(log)))
                assertThat(Files.size(directory.resolve(log))).isLessThanOrEqualTo(1 << 20);
    }

    /** As a real 1.16.1 says it, on the standard output that is the guest's console. */
    @Test
    void whatItSaysInAPanicIsTold() throws IOException {
        var program = elsewhere.resolve("panics");
        Files.writeString(program, """
                #!/bin/sh
                cat << 'END'
                login: 2026-11-30T11:44:01.406370392 [anonymous-instance:main] Firecracker panicked at src/main.rs:309:48:
                Invalid instance ID: \033InvalidChar('.', 1)
                2026-11-30T11:44:01.412202041 [anonymous-instance:main] Firecracker exiting with error. exit_code=153
                END
                kill -ABRT $$
                """);
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        var engine = new FirecrackerHypervisor(program, "1.16.1", shim(), new Signals(new HostCommandRunner()));
        assertThatThrownBy(() -> engine.boot(spec(listener())))
                .isInstanceOfSatisfying(
                        BangerException.class,
                        e -> assertThat(e.fact())
                                .isEqualTo(
                                        "vm box: Firecracker did not start: it ended at once (Firecracker panicked at "
                                                + "src/main.rs:309:48: Invalid instance ID: \\x1bInvalidChar('.', 1))"));
        nothingRuns();
    }

    /** A guest that connects again and again finds nothing to connect to. */
    @Test
    void onlyTheFirstConnectionOfTheGuestIsTaken() throws Exception {
        boot();
        machine().control().hello().get(30, java.util.concurrent.TimeUnit.SECONDS);
        var socket = java.net.UnixDomainSocketAddress.of(directory.resolve(Sockets.CONTROL));
        for (int i = 0; i < 1000; i++)
            assertThatThrownBy(() -> java.nio.channels.SocketChannel.open(socket))
                    .isInstanceOf(IOException.class);
        assertThat(machine().exit()).isNotDone();
    }

    private void nothingRuns() throws IOException {
        var json = Files.readString(directory.resolve("run.ref")).strip().split(" ");
        for (var ref : json)
            assertThat(banger.daemon.engine.ProcessRef.parse(ref).alive()).isFalse();
    }

    @Test
    void whatADeadOneLeftIsRemovedBeforeAStart() throws Exception {
        boot();
        var first = machine();
        first.ref().vmmProcess().kill();
        first.exit().get(10, java.util.concurrent.TimeUnit.SECONDS);
        for (var socket : Sockets.ALL) Files.writeString(directory.resolve(socket), "left over");
        boot();
        assertThat(machine().ref().vmmProcess().alive()).isTrue();
    }

    @Test
    void aVsockThatNeverAnswersIsGivenUp() {
        fault = "deaf-vsock";
        boot();
        var channel = machine().streams();
        assertThatThrownBy(channel::open).isInstanceOf(IOException.class).hasMessageContaining("within 2000 ms");
    }

    @Test
    void aVsockThatLiesIsNotBelieved() {
        fault = "lying-vsock";
        boot();
        var channel = machine().streams();
        assertThatThrownBy(channel::open).isInstanceOf(IOException.class).hasMessageContaining("answered WHAT");
    }

    @Test
    void anotherFirecrackerInItsPlaceIsNotTakenForIt() throws Exception {
        boot();
        var ref = machine().ref();
        machine().release();
        var other = directory.resolveSibling(directory.getFileName() + "-other");
        Files.createSymbolicLink(other, directory);
        try {
            assertThat(engine().reattach("box", other, ref, listener())).isEmpty();
        } finally {
            Files.delete(other);
            machine().kill();
        }
    }
}
