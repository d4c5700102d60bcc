package banger.daemon.engine.qemu;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.api.http.Duplex;
import banger.daemon.HostBoot;
import banger.daemon.engine.BootSpec;
import banger.daemon.engine.Hypervisor;
import banger.daemon.engine.Machine;
import banger.daemon.engine.MachineRef;
import banger.daemon.engine.ProcessRef;
import banger.daemon.engine.Shim;
import banger.daemon.engine.Traits;
import banger.daemon.guest.Control;
import banger.daemon.guest.Mux;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.LockSupport;

/** QEMU, with KVM or emulating. */
public final class QemuHypervisor implements Hypervisor {
    /** QEMU makes its sockets some 50 ms after it was started; a busy host needs longer. */
    private static final Duration SOCKET_DEADLINE = Duration.ofSeconds(20);

    private final Path program;
    private final Accelerator accelerator;
    private final Shim shim;

    public QemuHypervisor(Path program, Accelerator accelerator, Shim shim) {
        this.program = program;
        this.accelerator = accelerator;
        this.shim = shim;
    }

    @Override
    public Traits traits() {
        return new Traits("qemu/" + accelerator.word(), accelerator == Accelerator.KVM);
    }

    @Override
    public Machine boot(BootSpec spec) {
        try {
            QemuMachine.removeLeftovers(spec.directory());
        } catch (IOException e) {
            throw failed(spec.name(), spec.directory(), "its directory cannot be prepared: " + e.getMessage())
                    .because(e);
        }
        var started = shim.run(
                spec.name(),
                spec.directory(),
                spec.placement(),
                spec.links(),
                QemuArguments.of(program.toString(), accelerator, spec));
        var ref = new MachineRef(
                HostBoot.id(),
                traits().label(),
                started.shim().toString(),
                started.child().toString(),
                spec.network(),
                "cold",
                0);
        try {
            return connect(spec.name(), spec.directory(), ref, spec.listener());
        } catch (IOException e) {
            started.child().kill();
            awaitShim(started.shim());
            if (Thread.currentThread().isInterrupted())
                throw new BangerException(ErrorCode.CANCELLED, "vm " + spec.name() + ": start cancelled").because(e);
            throw failed(spec.name(), spec.directory(), String.valueOf(e.getMessage()))
                    .because(e);
        } catch (CancellationException e) {
            started.child().kill();
            awaitShim(started.shim());
            throw new BangerException(ErrorCode.CANCELLED, "vm " + spec.name() + ": start cancelled").because(e);
        }
    }

    @Override
    public Optional<Machine> reattach(String name, Path directory, MachineRef ref, Control.Listener listener) {
        if (!ref.bootId().equals(HostBoot.id()) || !ref.vmmProcess().alive()) return Optional.empty();
        try {
            return Optional.of(connect(name, directory, ref, listener));
        } catch (IOException e) {
            if (!ref.vmmProcess().alive()) return Optional.empty();
            throw new BangerException(
                            ErrorCode.VM_NOT_READY,
                            "vm " + name + ": runs, but cannot be reached: " + e.getMessage(),
                            "banger vm restart " + name)
                    .because(e);
        }
    }

    private static Machine connect(String name, Path directory, MachineRef ref, Control.Listener listener)
            throws IOException {
        var qmp = Qmp.begin(socket(directory.resolve(QemuArguments.QMP_SOCKET), ref.vmmProcess()));
        var control =
                Control.begin(socket(directory.resolve(QemuArguments.CONTROL_SOCKET), ref.vmmProcess()), listener);
        var streams = Mux.begin(socket(directory.resolve(QemuArguments.STREAMS_SOCKET), ref.vmmProcess()), control);
        return new QemuMachine(name, directory, ref, qmp, control, streams);
    }

    /** Connects to a socket that a process of ours on this host is about to make. */
    private static Duplex socket(Path path, ProcessRef maker) throws IOException {
        long deadline = System.nanoTime() + SOCKET_DEADLINE.toNanos();
        while (true) {
            try {
                return Duplex.connect(path);
            } catch (IOException e) {
                if (!maker.alive()) throw new IOException("it ended at once", e);
                if (System.nanoTime() > deadline)
                    throw new IOException(
                            "it made no socket " + path.getFileName() + " within " + SOCKET_DEADLINE.toSeconds() + " s",
                            e);
            }
            try {
                Thread.sleep(2);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CancellationException("interrupted");
            }
        }
    }

    /** The VMM's last words are in its log once its shim has ended, and that ends with the VMM. */
    private static void awaitShim(ProcessRef shim) {
        long deadline = System.nanoTime() + 2_000_000_000L;
        while (shim.alive() && System.nanoTime() < deadline) LockSupport.parkNanos(2_000_000);
    }

    private static BangerException failed(String name, Path directory, String what) {
        var words = lastWords(directory);
        return new BangerException(
                ErrorCode.VM_START_FAILED,
                "vm " + name + ": QEMU did not start: " + (words.isEmpty() ? Printable.line(what) : words),
                "banger doctor");
    }

    /** The last line of the VMM's stderr, printable; empty when it said nothing. */
    static String lastWords(Path directory) {
        try {
            return Printable.line(Files.readString(directory.resolve("vmm.log"))
                    .lines()
                    .filter(l -> !l.isBlank() && !l.contains("warning:"))
                    .reduce((a, b) -> b)
                    .orElse(""));
        } catch (IOException e) {
            return "";
        }
    }
}
