package banger.daemon.engine.qemu;

import banger.daemon.engine.BootSpec;
import banger.daemon.engine.MachineRef;
import banger.daemon.engine.Memory;
import banger.daemon.engine.Vmm;
import java.io.EOFException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Map;
import java.util.Set;

/**
 * A machine's memory and devices as one stream through a socket: QEMU itself opens no file, and its sandbox
 * stays as it is.
 */
final class QemuState {
    static final String FILE = "state";
    /** Where recorded memory is written. */
    static final String MEMORY = "memory";

    private static final Duration SETTLES_WITHIN = Duration.ofSeconds(60);

    private QemuState() {}

    /** What it does while it is saved. */
    enum Guest {
        RUNS,
        STANDS
    }

    /** What the stream holds. */
    enum Kind {
        /** Memory and devices. */
        WHOLE,
        /** Devices alone: the memory is in a file that both ends have. */
        DEVICES
    }

    /** Both ends must say the same of what it holds. */
    static void announce(Qmp qmp, Kind kind, Guest guest) throws IOException {
        boolean runs = guest == Guest.RUNS;
        qmp.execute("{\"execute\":\"migrate-set-capabilities\",\"arguments\":{\"capabilities\":["
                + capability("x-ignore-shared", kind == Kind.DEVICES) + "," + capability("events", runs) + ","
                + capability("pause-before-switchover", runs) + "]}}");
        qmp.execute("{\"execute\":\"migrate-set-parameters\",\"arguments\":{\"max-bandwidth\":" + (1L << 40)
                + ",\"downtime-limit\":" + (runs ? 1 : 300) + "}}");
    }

    private static String capability(String name, boolean on) {
        return "{\"capability\":\"" + name + "\",\"state\":" + on + "}";
    }

    /** @param directory where the file {@code state} is made */
    static void save(Vmm vmm, Qmp qmp, Path directory, Kind kind) throws IOException {
        announce(qmp, kind, Guest.STANDS);
        try (var stream = QemuStream.begin(vmm, qmp, directory.resolve(FILE))) {
            stream.rest();
        }
    }

    /** Ends the save that is under way, if one is; its machine is then as it was before. */
    static void cancel(Qmp qmp) throws IOException {
        qmp.execute("{\"execute\":\"migrate_cancel\"}");
        settled(qmp);
    }

    /** How far a save is. */
    static Map<?, ?> progress(Qmp qmp) throws IOException {
        return object(qmp.execute("{\"execute\":\"query-migrate\"}"));
    }

    /** What became of a save: {@code completed}, or why not. */
    static String settled(Qmp qmp) throws IOException {
        long deadline = System.nanoTime() + SETTLES_WITHIN.toNanos();
        while (true) {
            var answer = progress(qmp);
            var status = String.valueOf(answer.get("status"));
            if (Set.of("completed", "cancelled", "null").contains(status)) return status;
            if (status.equals("failed")) return "failed " + answer.get("error-desc");
            pass(deadline);
        }
    }

    static void load(Vmm vmm, MachineRef ref, Qmp qmp, Path directory, BootSpec spec) throws IOException {
        var memory = spec.memory();
        announce(qmp, memory instanceof Memory.Mapped ? Kind.DEVICES : Kind.WHOLE, Guest.STANDS);
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
        if (memory instanceof Memory.Mapped mapped) tellSizes(qmp, spec, mapped);
    }

    /** A guest that is told looks at its disk anew, and its init with it: only when there is something to see. */
    private static void tellSizes(Qmp qmp, BootSpec spec, Memory.Mapped memory) throws IOException {
        for (var disk : memory.disks().entrySet()) {
            long size = spec.diskBytes(disk.getKey());
            if (size != disk.getValue())
                qmp.execute("{\"execute\":\"block_resize\",\"arguments\":{\"device\":\"" + disk.getKey()
                        + "\",\"size\":" + size + "}}");
        }
    }

    private static Map<?, ?> object(Map<String, Object> answer) throws IOException {
        if (answer.get("return") instanceof Map<?, ?> object) return object;
        throw new IOException("QEMU answers something else than was asked");
    }

    /** What is asked of QEMU again and again. */
    interface Condition {
        boolean holds() throws IOException;
    }

    static void await(Condition condition) throws IOException {
        long deadline = System.nanoTime() + SETTLES_WITHIN.toNanos();
        while (!condition.holds()) pass(deadline);
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
