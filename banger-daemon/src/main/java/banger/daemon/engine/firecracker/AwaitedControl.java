package banger.daemon.engine.firecracker;

import banger.api.http.Duplex;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The control pipe of a guest that will connect when it is up. What is written before is kept (bounded) and
 * sent first. Only the first connection is taken: then the socket goes, and whoever else in the guest tries
 * is refused by Firecracker.
 */
final class AwaitedControl implements Duplex {
    private static final int MAX_PENDING = 16 * 1024;

    private final Path socket;
    private final ServerSocketChannel server;
    private final CompletableFuture<Duplex> connection = new CompletableFuture<>();
    private final ReentrantLock writing = new ReentrantLock();
    private final ByteArrayOutputStream pending = new ByteArrayOutputStream();

    private AwaitedControl(Path socket, ServerSocketChannel server) {
        this.socket = socket;
        this.server = server;
    }

    /** Listens from here on; an older socket of this name is replaced. */
    static AwaitedControl listen(Path socket) throws IOException {
        Files.deleteIfExists(socket);
        var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            server.bind(UnixDomainSocketAddress.of(socket), 4);
            // The VMM may be another user; who may come this far the directory decides.
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-rw-rw-"));
        } catch (IOException e) {
            server.close();
            throw e;
        }
        var awaited = new AwaitedControl(socket, server);
        Thread.ofVirtual().name("control-of-guest").start(awaited::accept);
        return awaited;
    }

    private void accept() {
        try {
            var pipe = Duplex.of(server.accept());
            server.close();
            Files.deleteIfExists(socket);
            connected(pipe);
        } catch (IOException e) {
            connection.completeExceptionally(e);
        }
    }

    private void connected(Duplex pipe) throws IOException {
        writing.lock();
        try {
            pipe.out().write(pending.toByteArray());
            pipe.out().flush();
            if (!connection.complete(pipe)) pipe.close();
        } finally {
            writing.unlock();
        }
    }

    private Duplex pipe() throws IOException {
        try {
            return connection.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        } catch (ExecutionException e) {
            throw new IOException("the guest's control channel ended", e.getCause());
        }
    }

    private final InputStream in = new InputStream() {
        @Override
        public int read() throws IOException {
            return pipe().in().read();
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            return pipe().in().read(target, offset, length);
        }
    };

    private final OutputStream out = new OutputStream() {
        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            writing.lock();
            try {
                if (connection.isDone()) {
                    pipe().out().write(bytes, offset, length);
                    return;
                }
                if (pending.size() + length > MAX_PENDING) throw new IOException("the guest has not connected");
                pending.write(bytes, offset, length);
            } finally {
                writing.unlock();
            }
        }
    };

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
        pipe().endOutput();
    }

    @Override
    public void close() throws IOException {
        if (server.isOpen()) {
            server.close();
            Files.deleteIfExists(socket);
        }
        if (!connection.completeExceptionally(new IOException("closed")) && !connection.isCompletedExceptionally())
            connection.join().close();
    }
}
