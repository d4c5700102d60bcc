package banger.daemon.engine.qemu;

import banger.api.http.Duplex;
import banger.daemon.engine.Vmm;
import banger.daemon.guest.Deadlines;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;

/** What QEMU sends of a machine, on its way into a file: as fast as it is read here. */
final class QemuStream implements Closeable {
    private static final Duration CONNECTS_WITHIN = Duration.ofSeconds(10);

    private final Qmp qmp;
    private final Duplex pipe;
    private final OutputStream file;
    private final byte[] buffer = new byte[1 << 20];
    private long taken;

    private QemuStream(Qmp qmp, Duplex pipe, OutputStream file) {
        this.qmp = qmp;
        this.pipe = pipe;
        this.file = file;
    }

    /** @param file is made */
    static QemuStream begin(Vmm vmm, Qmp qmp, Path file) throws IOException {
        var out = Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        try {
            return new QemuStream(qmp, sent(vmm, qmp), out);
        } catch (IOException e) {
            out.close();
            throw e;
        }
    }

    private static Duplex sent(Vmm vmm, Qmp qmp) throws IOException {
        var socket = vmm.directory().resolve(QemuArguments.SAVE_SOCKET);
        Files.deleteIfExists(socket);
        try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket), 1);
            // The VMM may be another user; who may come this far the directory decides.
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-rw-rw-"));
            qmp.execute("{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"unix:" + QemuArguments.SAVE_SOCKET + "\"}}");
            return connection(server);
        } finally {
            Files.deleteIfExists(socket);
        }
    }

    private static Duplex connection(ServerSocketChannel server) throws IOException {
        var timer = Deadlines.after(CONNECTS_WITHIN, () -> close(server));
        try {
            return Duplex.of(server.accept());
        } catch (AsynchronousCloseException e) {
            throw new IOException("QEMU did not begin to save within " + CONNECTS_WITHIN.toSeconds() + " s", e);
        } finally {
            timer.cancel(false);
        }
    }

    private static void close(ServerSocketChannel server) {
        try {
            server.close();
        } catch (IOException e) {
            // Whoever waits on it learns that it cannot be had.
            return;
        }
    }

    /**
     * Takes about that much of it.
     *
     * @return whether more may come
     */
    boolean some(int bytes) throws IOException {
        for (int left = bytes, n; left > 0; left -= n) {
            n = pipe.in().read(buffer, 0, Math.min(left, buffer.length));
            if (n < 0) return false;
            file.write(buffer, 0, n);
            taken += n;
        }
        return true;
    }

    /** The bytes that were taken so far. */
    long taken() {
        return taken;
    }

    /** Takes all that still comes, of a machine that stands still. */
    void rest() throws IOException {
        try {
            while (some(buffer.length)) {}
        } catch (IOException e) {
            QemuState.cancel(qmp);
            throw e;
        }
        var status = QemuState.settled(qmp);
        if (!status.equals("completed")) throw new IOException("QEMU could not save it: " + status);
    }

    @Override
    public void close() throws IOException {
        try (file) {
            pipe.close();
        }
    }
}
