package banger.daemon.engine.qemu;

import banger.api.http.Duplex;
import banger.daemon.engine.MachineRef;
import banger.daemon.engine.Memory;
import banger.daemon.engine.Vmm;
import banger.daemon.guest.Deadlines;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.Set;

/**
 * A machine's memory and devices as one stream through a socket: QEMU itself opens no file, and its sandbox
 * stays as it is.
 */
final class QemuState {
    private static final String FILE = "state";
    /** Where recorded memory is written. */
    static final String MEMORY = "memory";

    private static final int CHUNK = 1 << 20;
    private static final Duration CONNECTS_WITHIN = Duration.ofSeconds(10);
    private static final Duration SETTLES_WITHIN = Duration.ofSeconds(60);

    private QemuState() {}

    /** What the stream holds. */
    enum Kind {
        /** Memory and devices. */
        WHOLE,
        /** Devices alone: the memory is in a file that both ends have. */
        DEVICES;

        static Kind of(Memory memory) {
            return memory instanceof Memory.Own ? WHOLE : DEVICES;
        }
    }

    /** Both ends must say the same. */
    private static void announce(Qmp qmp, Kind kind) throws IOException {
        qmp.execute("{\"execute\":\"migrate-set-capabilities\",\"arguments\":{\"capabilities\":[{\"capability\":"
                + "\"x-ignore-shared\",\"state\":" + (kind == Kind.DEVICES) + "}]}}");
    }

    /** @param directory where the file {@code state} is made */
    static void save(Vmm vmm, Qmp qmp, Path directory, Kind kind) throws IOException {
        announce(qmp, kind);
        var socket = vmm.directory().resolve(QemuArguments.SAVE_SOCKET);
        Files.deleteIfExists(socket);
        try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket), 1);
            // The VMM may be another user; who may come this far the directory decides.
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-rw-rw-"));
            qmp.execute(
                    "{\"execute\":\"migrate-set-parameters\",\"arguments\":{\"max-bandwidth\":" + (1L << 40) + "}}");
            qmp.execute("{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"unix:" + QemuArguments.SAVE_SOCKET + "\"}}");
            try (var stream = connection(server);
                    var file = Files.newOutputStream(
                            directory.resolve(FILE), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                var buffer = new byte[CHUNK];
                for (int n; (n = stream.in().read(buffer)) >= 0; ) file.write(buffer, 0, n);
            } catch (IOException e) {
                qmp.execute("{\"execute\":\"migrate_cancel\"}");
                settled(qmp);
                throw e;
            }
            var status = settled(qmp);
            if (!status.equals("completed")) throw new IOException("QEMU could not save it: " + status);
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

    /** What became of a save: {@code completed}, or why not. */
    private static String settled(Qmp qmp) throws IOException {
        long deadline = System.nanoTime() + SETTLES_WITHIN.toNanos();
        while (true) {
            var answer = object(qmp.execute("{\"execute\":\"query-migrate\"}"));
            var status = String.valueOf(answer.get("status"));
            if (Set.of("completed", "cancelled", "null").contains(status)) return status;
            if (status.equals("failed")) return "failed " + answer.get("error-desc");
            pass(deadline);
        }
    }

    static void load(Vmm vmm, MachineRef ref, Qmp qmp, Path directory, Memory memory) throws IOException {
        announce(qmp, Kind.of(memory));
        qmp.execute("{\"execute\":\"migrate-incoming\",\"arguments\":{\"uri\":\"unix:" + QemuArguments.LOAD_SOCKET
                + "\"}}");
        try (var stream = vmm.connect(QemuArguments.LOAD_SOCKET, ref.vmmProcess());
                var file = FileChannel.open(directory.resolve(FILE), StandardOpenOption.READ)) {
            try (var in = java.nio.channels.Channels.newInputStream(file)) {
                in.transferTo(stream.out());
            }
            stream.endOutput();
            long deadline = System.nanoTime() + SETTLES_WITHIN.toNanos();
            while ("inmigrate"
                    .equals(object(qmp.execute("{\"execute\":\"query-status\"}"))
                            .get("status"))) {
                if (!ref.vmmProcess().alive()) throw new EOFException("QEMU ended");
                pass(deadline);
            }
        }
        if (memory instanceof Memory.Mapped mapped) tellSizes(vmm, qmp, mapped);
    }

    /** A guest that is told looks at its disk anew, and its init with it: only when there is something to see. */
    private static void tellSizes(Vmm vmm, Qmp qmp, Memory.Mapped memory) throws IOException {
        for (var disk : memory.disks().entrySet()) {
            long size = Files.size(vmm.directory().resolve(disk.getKey()));
            if (size != disk.getValue())
                qmp.execute("{\"execute\":\"block_resize\",\"arguments\":{\"device\":\"" + disk.getKey()
                        + "\",\"size\":" + size + "}}");
        }
    }

    private static Map<?, ?> object(Map<String, Object> answer) throws IOException {
        if (answer.get("return") instanceof Map<?, ?> object) return object;
        throw new IOException("QEMU answers something else than was asked");
    }

    private static void pass(long deadline) throws IOException {
        if (System.nanoTime() > deadline)
            throw new IOException("QEMU did not finish within " + SETTLES_WITHIN.toSeconds() + " s");
        try {
            Thread.sleep(1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new java.io.InterruptedIOException("interrupted");
        }
    }
}
