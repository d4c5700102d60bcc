package banger.api.http;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;

/** Bytes both ways. One thread may read while another writes; close ends both. */
public interface Duplex extends Closeable {
    InputStream in();

    OutputStream out();

    /** No more bytes from us; the other way stays open. */
    void endOutput() throws IOException;

    /** Waits while more connections than the listener takes at once are queued. */
    static Duplex connect(Path socket) throws IOException {
        if (!Thread.currentThread().isVirtual()) return of(connected(socket));
        // To a virtual thread a full queue is an error (EAGAIN), not something to wait for.
        var connecting = new FutureTask<>(() -> connected(socket));
        Thread.ofPlatform().daemon().name("connect").start(connecting);
        try {
            return of(connecting.get());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            if (!connecting.cancel(true) && connecting.state() == Future.State.SUCCESS)
                connecting.resultNow().close();
            throw new InterruptedIOException("interrupted");
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException told) throw told;
            throw new IllegalStateException(e);
        }
    }

    private static SocketChannel connected(Path socket) throws IOException {
        var channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
            return channel;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    static Duplex of(SocketChannel channel) {
        return of(
                new BufferedInputStream(Channels.newInputStream(channel), 64 * 1024),
                Channels.newOutputStream(channel),
                channel::shutdownOutput,
                channel);
    }

    /** Says this and no more, and takes whatever it is told. */
    static Duplex saying(byte[] bytes) {
        return of(new ByteArrayInputStream(bytes), OutputStream.nullOutputStream(), () -> {}, () -> {});
    }

    /** Of its parts. */
    static Duplex of(InputStream in, OutputStream out, Closeable endOutput, Closeable end) {
        return new Duplex() {
            @Override
            public InputStream in() {
                return in;
            }

            @Override
            public OutputStream out() {
                return out;
            }

            @Override
            public void endOutput() throws IOException {
                endOutput.close();
            }

            @Override
            public void close() throws IOException {
                end.close();
            }
        };
    }
}
