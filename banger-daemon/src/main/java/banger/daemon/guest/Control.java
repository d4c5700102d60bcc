package banger.daemon.guest;

import banger.api.Printable;
import banger.api.http.Duplex;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/**
 * The control conversation with one guest. The reader is a virtual thread of its own; what the guest
 * says completes futures or reaches the listener, which must not block.
 */
public final class Control implements Closeable {
    private static final int MAX_LINE = 1024;

    /** What a guest announces by itself. Called on the reader's thread. */
    public interface Listener {
        /** Kibibytes left to write while a sync runs. */
        void dirty(long kib);

        /** The guest's own init is ending the machine: {@code poweroff}, {@code reboot} or {@code halt}. */
        void power(String action);

        /** The guest cannot go on; the text is its own and already made printable. */
        void failed(String text);

        void ready();
    }

    private final Duplex pipe;
    private final Listener listener;
    private final Nonce nonce = Nonce.fresh();
    private final CompletableFuture<Hello> hello = new CompletableFuture<>();
    private final CompletableFuture<IOException> ended = new CompletableFuture<>();
    private final ReentrantLock writing = new ReentrantLock();
    private volatile CompletableFuture<Void> muxBegun = new CompletableFuture<>();
    private volatile String muxNonce = "";
    private final ReentrantLock asking = new ReentrantLock();
    private volatile Optional<Question> question = Optional.empty();
    private volatile long generation;

    /** A line that was sent and waits for the one that answers it. */
    private record Question(Predicate<String> fits, CompletableFuture<Void> answered) {}

    private Control(Duplex pipe, Listener listener) {
        this.pipe = pipe;
        this.listener = listener;
    }

    /** Greets the guest; its answer arrives when it is up. */
    public static Control begin(Duplex pipe, Listener listener) throws IOException {
        var control = new Control(pipe, listener);
        pipe.out().write(("\0host " + control.nonce.hex() + " 1\n").getBytes(StandardCharsets.US_ASCII));
        pipe.out().flush();
        Thread.ofVirtual().name("guest-control").start(control::read);
        return control;
    }

    /** Completes with the guest's answer to the greeting, exceptionally when the connection ends before. */
    public CompletableFuture<Hello> hello() {
        return hello;
    }

    /** Completes when the connection is gone: normally with the reason. */
    public CompletableFuture<IOException> ended() {
        return ended;
    }

    /** Announces a new streams session; completes when the guest began it. */
    CompletableFuture<Void> mux(Nonce session) throws IOException {
        muxBegun = new CompletableFuture<>();
        muxNonce = session.hex();
        send("mux " + muxNonce);
        return muxBegun;
    }

    public void send(String line) throws IOException {
        writing.lock();
        try {
            pipe.out().write((line + "\n").getBytes(StandardCharsets.US_ASCII));
            pipe.out().flush();
        } finally {
            writing.unlock();
        }
    }

    /** Of the guest's saves and restores, as it last said. */
    public long generation() {
        return generation;
    }

    /**
     * Sends a line and waits for the one that answers it; one question at a time.
     *
     * @param fits tells the answer
     * @throws IOException when it does not come in time, or the connection ends
     */
    public void ask(String line, Predicate<String> fits, Duration within) throws IOException {
        asking.lock();
        try {
            var answered = new CompletableFuture<Void>();
            question = Optional.of(new Question(fits, answered));
            if (ended.isDone()) throw new EOFException("the guest's control channel ended");
            send(line);
            answered.get(within.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new IOException(
                    "the guest did not answer " + line.split(" ")[0] + " within " + within.toMillis() + " ms", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException broken ? broken : new IOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        } finally {
            question = Optional.empty();
            asking.unlock();
        }
    }

    private void answered(String line) {
        question.filter(q -> q.fits.test(line)).ifPresent(q -> q.answered.complete(null));
    }

    private void read() {
        IOException reason;
        try {
            while (true) handle(line());
        } catch (IOException e) {
            reason = e;
        } catch (RuntimeException e) {
            reason = new IOException("control conversation: " + e.getMessage(), e);
        }
        hello.completeExceptionally(reason);
        muxBegun.completeExceptionally(reason);
        ended.complete(reason);
        question.ifPresent(q -> q.answered.completeExceptionally(reason));
        close();
    }

    /** The next line with its leading NUL if it has one; bytes before a NUL are dropped. */
    private String line() throws IOException {
        var line = new StringBuilder();
        for (int b; (b = pipe.in().read()) != '\n'; ) {
            if (b < 0) throw new EOFException("the guest's control channel ended");
            if (b == 0) line.setLength(0);
            // Before the greeting is answered, leftovers of an earlier conversation may be anything.
            if (line.length() == MAX_LINE) {
                if (hello.isDone()) throw new IOException("the guest sent a line over " + MAX_LINE + " bytes");
                line.setLength(0);
            }
            line.append((char) b);
        }
        return line.toString();
    }

    private void handle(String line) throws IOException {
        if (!hello.isDone()) {
            greeted(line);
            return;
        }
        var words = line.split(" ", 2);
        var rest = words.length == 2 ? words[1] : "";
        switch (words[0]) {
            case "mux" -> {
                if (rest.equals(muxNonce)) muxBegun.complete(null);
            }
            case "ready" -> listener.ready();
            case "failed" -> {
                var text = Printable.line(rest);
                question.ifPresent(q -> q.answered.completeExceptionally(new IOException("the guest failed: " + text)));
                listener.failed(text);
            }
            case "dirty" -> listener.dirty(number(rest));
            case "power" -> {
                if (!rest.matches("poweroff|reboot|halt")) throw new IOException("not a power action");
                listener.power(rest);
            }
            case "state" -> {
                var said = rest.split(" ");
                if (said.length == 2) generation = number(said[1]);
                answered(line);
            }
            case "pong", "quiesced", "frozen" -> answered(line);
            default -> throw new IOException("the guest sent an unknown line: " + Printable.line(words[0]));
        }
    }

    private void greeted(String line) throws IOException {
        var words = line.split(" ");
        if (words.length != 7 || !words[0].equals("\0hello") || !words[1].equals(nonce.hex())) return;
        if (!words[2].equals("1")) throw new IOException("the guest speaks protocol " + Printable.line(words[2]));
        if (!words[3].matches("[0-9a-f]{1,64}")
                || !words[4].matches("init|agent")
                || !words[5].matches("boot|configuring|ready|quiesced|frozen"))
            throw new IOException("the guest's greeting is malformed");
        generation = number(words[6]);
        hello.complete(new Hello(words[3], words[4], words[5], generation));
    }

    private static long number(String text) throws IOException {
        if (!text.matches("[0-9]{1,18}")) throw new IOException("the guest sent no number");
        return Long.parseLong(text);
    }

    @Override
    public void close() {
        try {
            pipe.close();
        } catch (IOException e) {
            // A connection that cannot be closed is closed by the other side's end; nothing is lost.
            ended.complete(e);
        }
    }
}
