package banger.daemon.guest;

import banger.api.BangerException;
import banger.api.ErrorCode;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The words between host and agent before a machine's state is saved and after it runs on (docs/protocol.md). */
public final class Sleep {
    /** The agent ends its streams within 2.5 s. */
    private static final Duration QUIESCE = Duration.ofSeconds(15);

    private static final Duration FREEZE = Duration.ofSeconds(60);
    private static final Duration WAKE = Duration.ofSeconds(30);
    /** Somebody may wait for the VM meanwhile, and nothing is lost by a guest that is not told. */
    private static final Duration TOLD = Duration.ofSeconds(2);

    private static final Duration STIR = Duration.ofSeconds(15);
    private static final SecureRandom RANDOM = new SecureRandom();

    /** Why a guest runs on. */
    public enum Kind {
        /** What was begun is not done: as if nothing had been. */
        CONTINUE,
        /** The same machine after a time in which it did not run. */
        RESUME,
        /** Another machine: it waits for a configuration of its own. */
        REKEY
    }

    private Sleep() {}

    /**
     * Ends all streams, syncs and freezes the file systems. The guest answers nothing from here on but
     * {@link #wake}; without that it thaws by itself 10 s of its own time later.
     */
    public static void prepare(Control control) throws IOException {
        long generation = control.generation() + 1;
        control.ask("prepare-save " + generation, ("quiesced " + generation)::equals, QUIESCE);
        control.ask("freeze " + generation, ("frozen " + generation)::equals, FREEZE);
    }

    /**
     * Has the guest write to that much memory of its own, and to no page only zeroes; 0 and {@link #wake} give it back. A
     * guest that does not know this, of an older banger, does nothing.
     */
    public static void stir(Control control, int kib) throws IOException {
        control.send("stir " + kib);
        if (kib == 0) return;
        // Lines are heard in order.
        control.ask("ping stirred", "pong stirred"::equals, STIR);
    }

    /** Thaws, sets the clock, and returns when the guest is what it was before. */
    public static void wake(Control control, Kind kind) throws IOException {
        wake(control, kind, WAKE);
    }

    /** Sets the clock of a guest that runs; one that does not answer soon keeps its own. */
    public static void tellTime(Control control) throws IOException {
        wake(control, Kind.RESUME, TOLD);
    }

    private static void wake(Control control, Kind kind, Duration within) throws IOException {
        var hello = greeted(control, within);
        long generation = Math.max(hello.generation(), control.generation()) + 1;
        var now = Instant.now();
        var seed = new byte[32];
        RANDOM.nextBytes(seed);
        control.ask(
                "resumed " + generation + " " + kind.name().toLowerCase(Locale.ROOT) + " "
                        + (now.getEpochSecond() * 1_000_000_000 + now.getNano()) + " "
                        + HexFormat.of().formatHex(seed),
                line -> line.startsWith("state ") && line.endsWith(" " + generation),
                within);
    }

    private static Hello greeted(Control control, Duration within) throws IOException {
        try {
            return control.hello().get(within.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new IOException("the guest did not answer within " + within.toSeconds() + " s", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException broken ? broken : new IOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BangerException(ErrorCode.CANCELLED, "cancelled").because(e);
        }
    }
}
