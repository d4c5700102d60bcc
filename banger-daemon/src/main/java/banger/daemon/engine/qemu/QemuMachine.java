package banger.daemon.engine.qemu;

import banger.daemon.engine.Machine;
import banger.daemon.engine.MachineExit;
import banger.daemon.engine.MachineRef;
import banger.daemon.guest.Control;
import banger.daemon.guest.GuestChannel;
import banger.daemon.guest.Mux;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** One QEMU process. */
final class QemuMachine implements Machine {
    private static final Duration END_DEADLINE = Duration.ofSeconds(10);

    private final Path directory;
    private final MachineRef ref;
    private final Qmp qmp;
    private final Control control;
    private final Mux streams;
    private final CompletableFuture<MachineExit> exit = new CompletableFuture<>();
    private volatile boolean killed;
    private volatile boolean released;

    QemuMachine(String name, Path directory, MachineRef ref, Qmp qmp, Control control, Mux streams) {
        this.directory = directory;
        this.ref = ref;
        this.qmp = qmp;
        this.control = control;
        this.streams = streams;
        qmp.ended().thenRun(() -> {
            if (!released) Thread.ofVirtual().name("exit-of-" + name).start(this::awaitEnd);
        });
    }

    static void removeLeftovers(Path directory) throws IOException {
        for (var socket : QemuArguments.SOCKETS) Files.deleteIfExists(directory.resolve(socket));
        Files.deleteIfExists(directory.resolve("exit.json"));
    }

    @Override
    public MachineRef ref() {
        return ref;
    }

    @Override
    public Control control() {
        return control;
    }

    @Override
    public GuestChannel streams() {
        return streams;
    }

    @Override
    public CompletableFuture<MachineExit> exit() {
        return exit;
    }

    @Override
    public void kill() {
        killed = true;
        ref.vmmProcess().kill();
        awaitEnd();
    }

    /** QEMU has closed its monitor: waits until it and its shim are gone, then says how it ended. */
    private void awaitEnd() {
        long deadline = System.nanoTime() + END_DEADLINE.toNanos();
        while (ref.vmmProcess().alive() || ref.shimProcess().alive()) {
            // The monitor can be lost while QEMU lives: it is of no use then.
            if (System.nanoTime() > deadline) {
                ref.vmmProcess().kill();
                deadline = Long.MAX_VALUE;
            }
            try {
                Thread.sleep(1);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
        disconnect();
        try {
            for (var socket : QemuArguments.SOCKETS) Files.deleteIfExists(directory.resolve(socket));
        } catch (IOException e) {
            exit.complete(new MachineExit(MachineExit.Cause.FAILED, "its sockets cannot be removed: " + e));
            return;
        }
        exit.complete(new MachineExit(cause(), detail()));
    }

    private MachineExit.Cause cause() {
        if (killed) return MachineExit.Cause.KILLED;
        return switch (qmp.shutdownReason().getNow("")) {
            case "guest-shutdown" -> MachineExit.Cause.POWEROFF;
            case "guest-reset", "guest-panic" -> MachineExit.Cause.RESET;
            case "host-signal", "host-qmp-quit" -> MachineExit.Cause.KILLED;
            default -> detail().contains("signal") ? MachineExit.Cause.KILLED : MachineExit.Cause.FAILED;
        };
    }

    /** From the shim's exit file: {@code status 1} or {@code signal 9}, and QEMU's last words. */
    private String detail() {
        var words = QemuHypervisor.lastWords(directory);
        String how;
        try {
            var json = Files.readString(directory.resolve("exit.json"));
            how = json.contains("\"signal\"") ? "signal " + number(json, "signal") : "status " + number(json, "status");
        } catch (IOException e) {
            how = "unknown status";
        }
        return words.isEmpty() ? how : how + ": " + words;
    }

    private static String number(String json, String key) {
        var matcher =
                java.util.regex.Pattern.compile("\"" + key + "\":([0-9]{1,6})").matcher(json);
        return matcher.find() ? matcher.group(1) : "unknown";
    }

    @Override
    public void release() {
        released = true;
        disconnect();
    }

    private void disconnect() {
        streams.close();
        control.close();
        qmp.close();
    }
}
