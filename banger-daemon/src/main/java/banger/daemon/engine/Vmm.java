package banger.daemon.engine;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.api.http.Duplex;
import banger.daemon.HostBoot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

/**
 * The host's side of one VMM process, the same for every engine: the sockets it makes, its last words, and
 * how it ended.
 *
 * @param name the VM's, for errors
 * @param product the engine's, for errors
 * @param sockets names in the directory that are there only while it runs
 * @param patience how long it may take until it has made its sockets
 * @param logged see {@link LastWords}
 */
public record Vmm(
        String name,
        String product,
        Path directory,
        List<String> sockets,
        Duration patience,
        Optional<Pattern> logged) {
    /** A VMM makes its sockets some 50 ms after it was started; a busy host needs longer. */
    public static final Duration PATIENCE = Duration.ofSeconds(20);

    /** The kernel's, of a socket's path. */
    private static final int LONGEST_PATH = 107;

    private static final Duration END_DEADLINE = Duration.ofSeconds(10);

    private static final Pattern STATUS = Pattern.compile("\"(status|signal)\":([0-9]{1,6})");

    /**
     * Makes room for a new run: what a dead VMM left is removed, by name and in this directory only.
     *
     * @throws BangerException {@code vm.start-failed}, also when its sockets could not be reached there
     */
    public void removeLeftovers() {
        for (var socket : sockets) {
            int length = directory.resolve(socket).toString().getBytes(StandardCharsets.UTF_8).length;
            if (length > LONGEST_PATH)
                throw new BangerException(
                        ErrorCode.VM_START_FAILED,
                        "vm " + name + ": the path of its socket " + Printable.quote(socket) + " has " + length
                                + " bytes, and " + LONGEST_PATH + " are allowed",
                        "a BANGER_HOME that is " + (length - LONGEST_PATH) + " bytes shorter");
        }
        try {
            removeSockets();
            Files.deleteIfExists(directory.resolve("exit.json"));
        } catch (IOException e) {
            throw failed("its directory cannot be prepared: " + e.getMessage(), e);
        }
    }

    private void removeSockets() throws IOException {
        for (var socket : sockets) Files.deleteIfExists(directory.resolve(socket));
    }

    /** The first exchange with a VMM that was just started or found again. */
    public interface Conversation {
        /** Empty when the process turns out to be another one. */
        Optional<Machine> begin(MachineRef ref) throws IOException;
    }

    /**
     * Starts the VMM and talks to it; what was started ends again when that fails.
     *
     * @param memory sealed, for the VMM to map
     * @param label of the engine, for the reference
     * @throws BangerException {@code vm.start-failed}, {@code cancelled}
     */
    public Machine start(
            Shim shim,
            BootSpec spec,
            Sight sight,
            Optional<SealedMemory.Place> memory,
            String label,
            String likeness,
            List<String> command,
            Conversation conversation) {
        var started = shim.run(spec, sight, memory, command);
        try {
            return conversation
                    .begin(MachineRef.started(started, label, spec.network(), likeness))
                    .orElseThrow(() -> new IOException("another process answers"));
        } catch (IOException | CancellationException e) {
            throw abandoned(started, e);
        }
    }

    /**
     * Takes up the conversation with a VMM that an earlier daemon started; empty when it is gone.
     *
     * @throws BangerException {@code vm.not-ready} when it runs and does not talk
     */
    public Optional<Machine> findAgain(MachineRef ref, Conversation conversation) {
        if (!ref.bootId().equals(HostBoot.id()) || !ref.vmmProcess().alive()) return Optional.empty();
        try {
            return conversation.begin(ref);
        } catch (IOException e) {
            if (!ref.vmmProcess().alive()) return Optional.empty();
            throw new BangerException(
                            ErrorCode.VM_NOT_READY,
                            "vm " + name + ": runs, but cannot be reached: " + e.getMessage(),
                            "banger vm restart " + name)
                    .because(e);
        }
    }

    /** Connects to a socket that a process of ours on this host is about to make. */
    public Duplex connect(String socket, ProcessRef maker) throws IOException {
        long deadline = System.nanoTime() + patience.toNanos();
        while (true) {
            try {
                return Duplex.connect(directory.resolve(socket));
            } catch (IOException e) {
                if (!maker.alive()) throw new IOException("it ended at once", e);
                if (System.nanoTime() > deadline)
                    throw new IOException("it made no socket " + socket + " within " + patience.toSeconds() + " s", e);
            }
            try {
                Thread.sleep(2);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CancellationException("interrupted");
            }
        }
    }

    /** Ends a VMM whose start went wrong; returns the error to throw. */
    private BangerException abandoned(Shim.Started started, Exception cause) {
        started.child().kill();
        awaitShim(started.shim());
        try {
            removeSockets();
        } catch (IOException e) {
            // The next start removes them, or says that it cannot.
            cause.addSuppressed(e);
        }
        if (cause instanceof CancellationException || Thread.currentThread().isInterrupted())
            return new BangerException(ErrorCode.CANCELLED, "vm " + name + ": start cancelled").because(cause);
        return failed(String.valueOf(cause.getMessage()), cause);
    }

    /** The VMM's last words are in its log once its shim has ended, and that ends with the VMM. */
    private static void awaitShim(ProcessRef shim) {
        long deadline = System.nanoTime() + 2_000_000_000L;
        while (shim.alive() && System.nanoTime() < deadline) LockSupport.parkNanos(2_000_000);
    }

    /** That it did not start, in its own last words where it had any. */
    public BangerException failed(String what, Exception cause) {
        return new BangerException(
                        ErrorCode.VM_START_FAILED,
                        "vm " + name + ": " + product + " did not start: "
                                + lastWords().instead(what),
                        "banger doctor")
                .because(cause);
    }

    private LastWords lastWords() {
        return new LastWords(directory, logged);
    }

    /**
     * Waits until the VMM and its shim are gone and removes its sockets. A VMM that cannot be reached any
     * more and does not end is of no use: it is killed after ten seconds.
     *
     * @return false when the wait was interrupted
     * @throws IOException when the sockets cannot be removed
     */
    boolean awaitEnd(MachineRef ref) throws IOException {
        long deadline = System.nanoTime() + END_DEADLINE.toNanos();
        while (ref.vmmProcess().alive() || ref.shimProcess().alive()) {
            if (System.nanoTime() > deadline) {
                ref.vmmProcess().kill();
                deadline = Long.MAX_VALUE;
            }
            try {
                Thread.sleep(1);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        removeSockets();
        return true;
    }

    /** From the shim's exit file: {@code status 1} or {@code signal 9}, and the VMM's last words. */
    String exitDetail() {
        var how = "unknown status";
        try {
            var matcher = STATUS.matcher(Files.readString(directory.resolve("exit.json")));
            if (matcher.find()) how = matcher.group(1) + " " + matcher.group(2);
        } catch (IOException e) {
            // Nobody wrote how it ended: the shim was killed too.
            how = "unknown status";
        }
        return lastWords().after(how);
    }
}
