package banger.net;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.Semaphore;

/** Listens, and ends when nobody asked for anything for long. */
final class Server implements AutoCloseable {
    /** A line, with its end. */
    static final int LONGEST_LINE = 16384;

    private static final int CONNECTIONS = 16;

    private final Path path;
    private final ServerSocketChannel socket;
    private final Network network;
    private final Duration idle;
    private final Semaphore free = new Semaphore(CONNECTIONS);
    private volatile long lastAsked = System.nanoTime();

    private Server(Path path, ServerSocketChannel socket, Network network, Duration idle) {
        this.path = path;
        this.socket = socket;
        this.network = network;
        this.idle = idle;
    }

    /** Binds. We were started under umask 077: the socket never has more rights than the owner's. */
    static Server listen(Path path, Network network, Duration idle) throws IOException {
        var directory = path.toAbsolutePath().getParent();
        if (directory == null) throw new IOException(path + ": has no directory");
        if (!PosixFilePermissions.toString(Files.getPosixFilePermissions(directory))
                .equals("rwx------")) throw new IOException(directory + ": others can look into it");
        if (!Files.getOwner(directory).equals(Peer.self())) throw new IOException(directory + ": is not ours");
        Files.deleteIfExists(path);
        var socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        socket.bind(UnixDomainSocketAddress.of(path));
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
        return new Server(path, socket, network, idle);
    }

    /** Until {@link #close}, or until nobody asked for anything for so long. */
    void serve() throws IOException {
        Thread.ofVirtual().start(this::endWhenIdle);
        try {
            while (true) {
                var peer = socket.accept();
                if (Peer.trusted(peer) && free.tryAcquire()) Thread.ofVirtual().start(() -> converse(peer));
                else peer.close();
            }
        } catch (ClosedChannelException e) {
            return;
        }
    }

    private void endWhenIdle() {
        try {
            for (long left; (left = lastAsked + idle.toNanos() - System.nanoTime()) > 0; )
                Thread.sleep(Duration.ofNanos(left));
            close();
        } catch (InterruptedException | IOException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void converse(SocketChannel peer) {
        try (peer) {
            var buffer = ByteBuffer.allocate(LONGEST_LINE);
            while (peer.read(buffer) >= 0) {
                buffer.flip();
                for (int end; (end = newline(buffer)) >= 0; buffer.position(end + 1))
                    answer(peer, buffer.slice(buffer.position(), end - buffer.position()));
                buffer.compact();
                if (!buffer.hasRemaining()) {
                    say(
                            peer,
                            Refusal.badRequest("a line of more than " + LONGEST_LINE + " bytes")
                                    .answer());
                    return;
                }
            }
        } catch (IOException e) {
            // The peer went away: it will ask again.
            return;
        } finally {
            free.release();
        }
    }

    private void answer(SocketChannel peer, ByteBuffer line) throws IOException {
        lastAsked = System.nanoTime();
        String answer;
        try {
            answer = network.answer(Request.parse(line));
        } catch (Refusal e) {
            answer = e.answer();
        }
        say(peer, answer);
    }

    private static int newline(ByteBuffer buffer) {
        for (int i = buffer.position(); i < buffer.limit(); i++) if (buffer.get(i) == '\n') return i;
        return -1;
    }

    private static void say(SocketChannel peer, String line) throws IOException {
        for (var bytes = StandardCharsets.US_ASCII.encode(line + "\n"); bytes.hasRemaining(); ) peer.write(bytes);
    }

    @Override
    public void close() throws IOException {
        if (socket.isOpen()) Files.deleteIfExists(path);
        socket.close();
    }
}
