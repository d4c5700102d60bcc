package banger.daemon.publish;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/**
 * Fetches one file over HTTP: bounded in bytes and in how long nothing may come. What came is whatever the
 * server sent: compare its hash before anything looks into it.
 *
 * @param connect how long the server has to accept
 * @param silence how long it may say nothing, before its answer or in the middle of it
 * @param redirects whether it may send us elsewhere; never from https to http, and five times at most
 */
public record Download(Duration connect, Duration silence, HttpClient.Redirect redirects) {
    /** It cannot be had from there; the message says why, without the address. */
    public static final class Refused extends IOException {
        private static final long serialVersionUID = 1;

        Refused(String why) {
            super(why);
        }
    }

    /**
     * Writes it to a file that is not there yet.
     *
     * @param atMost bytes
     * @param counted told the bytes that came so far, now and then
     * @throws Refused when the server does not give it
     */
    public void fetch(URI from, Path to, long atMost, LongConsumer counted) throws IOException, InterruptedException {
        try (var client = HttpClient.newBuilder()
                .connectTimeout(connect)
                .followRedirects(redirects)
                .build()) {
            try {
                var request = HttpRequest.newBuilder(from).timeout(silence).build();
                var response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
                try (var in = response.body()) {
                    if (response.statusCode() / 100 == 3) throw new Refused("it sends us elsewhere again and again");
                    if (response.statusCode() != 200) throw new Refused("status " + response.statusCode());
                    long length = response.headers()
                            .firstValueAsLong("Content-Length")
                            .orElse(-1);
                    if (length > atMost) throw tooLong(atMost);
                    copy(in, to, atMost, length, counted);
                }
            } catch (HttpTimeoutException | ConnectException e) {
                throw new Refused("no answer from " + from.getHost());
            } finally {
                // Not its orderly end, which would wait for a server that has stopped talking.
                client.shutdownNow();
            }
        }
    }

    private void copy(InputStream in, Path to, long atMost, long length, LongConsumer counted) throws IOException {
        var total = new AtomicLong();
        var silent = new AtomicBoolean();
        var watch = Thread.ofVirtual().name("download").start(() -> watch(in, total, silent));
        try (var out = Files.newOutputStream(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            var buffer = new byte[1 << 16];
            for (int n; (n = in.read(buffer)) >= 0; ) {
                if (total.addAndGet(n) > atMost) throw tooLong(atMost);
                out.write(buffer, 0, n);
                counted.accept(total.get());
            }
        } catch (IOException e) {
            if (silent.get()) throw new Refused("nothing came for " + silence.toSeconds() + " s");
            if (e instanceof Refused || Thread.currentThread().isInterrupted() || length < 0 || total.get() == length)
                throw e;
            throw new Refused("it broke off after " + total.get() + " of " + length + " bytes");
        } finally {
            watch.interrupt();
        }
        if (silent.get()) throw new Refused("nothing came for " + silence.toSeconds() + " s");
    }

    private static Refused tooLong(long atMost) {
        return new Refused("longer than " + atMost + " bytes");
    }

    /** Closes a stream in which nothing moves: whoever reads it learns that. */
    private void watch(InputStream in, AtomicLong total, AtomicBoolean silent) {
        long seen = -1;
        try {
            while (seen != total.get()) {
                seen = total.get();
                Thread.sleep(silence);
            }
            silent.set(true);
            in.close();
        } catch (InterruptedException e) {
            return; // all of it came
        } catch (IOException e) {
            silent.set(true);
        }
    }
}
