package banger.daemon.http;

import banger.api.http.Duplex;
import banger.api.http.Head;
import banger.api.http.Headers;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Joins a client's connection with a stream to a guest; bytes pass both ways untouched. */
public final class Relay {
    private static final Logger LOG = LoggerFactory.getLogger(Relay.class);

    private Relay() {}

    /** Answers 101 and relays until either side ended both ways. */
    public static void join(Exchange exchange, Duplex guest) throws IOException {
        try (guest) {
            var client = begin(exchange);
            pass(client, client.out(), guest);
        }
    }

    /**
     * The same for a command, whose client may be told something beside what the command says.
     *
     * @param terminal whether the command has one
     * @param listening gets what writes a line to the client's standard error, and gives what ends that
     */
    public static void command(
            Exchange exchange, Duplex guest, boolean terminal, Function<Consumer<String>, Runnable> listening)
            throws IOException {
        try (guest) {
            var client = begin(exchange);
            var out = new WholeFrames(client.out(), terminal);
            var end = listening.apply(line -> {
                try {
                    out.say(line);
                } catch (IOException e) {
                    LOG.debug("nobody is there to be told: {}", e.getMessage());
                }
            });
            try {
                pass(client, out, guest);
            } finally {
                end.run();
            }
        }
    }

    private static Duplex begin(Exchange exchange) throws IOException {
        var client = exchange.hijack();
        Head.response(101, "Switching Protocols", Headers.of("Connection", "Upgrade", "Upgrade", "banger-frames"))
                .write(client.out());
        return client;
    }

    private static void pass(Duplex client, OutputStream out, Duplex guest) throws IOException {
        var up = Thread.ofVirtual().name("relay-up").start(() -> {
            try {
                toGuest(client.in(), guest);
            } catch (IOException e) {
                LOG.debug("relay to the guest ended: {}", e.getMessage());
            }
        });
        try {
            pump(guest.in(), out);
            out.close();
            client.close();
            up.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A client that is gone takes its command along; a guest that is has its last words read by the other thread. */
    private static void toGuest(InputStream client, Duplex guest) throws IOException {
        var buffer = new byte[64 * 1024];
        for (int n; (n = read(client, buffer)) >= 0; ) {
            guest.out().write(buffer, 0, n);
            guest.out().flush();
        }
        guest.endOutput();
        guest.close();
    }

    /** One that left without reading all that it got is reported as a failure, and is as gone as any other. */
    private static int read(InputStream client, byte[] buffer) {
        try {
            return client.read(buffer);
        } catch (IOException e) {
            LOG.debug("the client is gone: {}", e.getMessage());
            return -1;
        }
    }

    private static void pump(InputStream in, OutputStream out) throws IOException {
        var buffer = new byte[64 * 1024];
        for (int n; (n = in.read(buffer)) >= 0; ) {
            out.write(buffer, 0, n);
            out.flush();
        }
    }
}
