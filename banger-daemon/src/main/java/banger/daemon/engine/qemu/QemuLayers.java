package banger.daemon.engine.qemu;

import banger.daemon.disk.DiskChain;
import banger.daemon.disk.DiskChain.Format;
import banger.daemon.disk.DiskChains;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Disks that are qcow2 over layers. Formats and what is below what is always said: what a file's own header names is never
 * looked at. The node of a file that is written to has the file's name, so that it can be asked for.
 */
final class QemuLayers {
    /** Begins the names of our jobs. */
    private static final String JOB = "flatten-";
    /**
     * The status of a job that has copied all and waits until it is told to put it in place. Left to itself it would do that
     * at any moment, and one that is cancelled just then leaves QEMU 7.2 with a node that it falls over.
     */
    private static final String COPIED = "pending";
    /** Bytes a second: whatever the guest does comes first. */
    private static final long SPEED = 128L << 20;

    private QemuLayers() {}

    /** The drive of a machine that starts; it keeps its name whatever file is its topmost. */
    static void drive(List<String> a, DiskChain chain, String device) {
        var below = "null";
        for (int i = chain.layers().size(); i > 0; i--) {
            var layer = chain.layers().get(i - 1);
            var node = chain.drive() + "-" + i;
            var file = "{\"driver\":\"file\",\"filename\":\"" + layer.place() + "\"}";
            var backing = layer.format() == Format.RAW ? "" : ",\"backing\":" + below;
            a.addAll(List.of(
                    "-blockdev",
                    "{\"driver\":\"" + layer.format().word() + "\",\"node-name\":\"" + node
                            + "\",\"read-only\":true,\"file\":" + file + backing + "}"));
            below = "\"" + node + "\"";
        }
        a.addAll(List.of(
                "-drive",
                "if=none,id=" + chain.drive() + ",node-name=" + chain.active() + ",file=" + chain.active() + ",format="
                        + chain.format().word() + ",backing="
                        + below.replace("\"", "").replace("null", "")
                        + ",read-only=off,cache=writeback,discard=unmap,detect-zeroes=unmap",
                "-device",
                device));
    }

    static void stack(Qmp qmp, DiskChains disks) throws IOException {
        var active = active(qmp);
        var tops = disks.both().stream()
                .filter(c -> !c.active().equals(active.get(c.drive())))
                .toList();
        if (tops.isEmpty()) return;
        endFlattening(qmp);
        var nodes = nodes(qmp).stream().map(n -> n.get("node-name")).toList();
        var actions = new ArrayList<String>();
        for (var top : tops) {
            if (!nodes.contains(top.active())) add(qmp, top);
            actions.add("{\"type\":\"blockdev-snapshot\",\"data\":{\"node\":\"" + top.drive() + "\",\"overlay\":\""
                    + top.active() + "\"}}");
        }
        qmp.execute("{\"execute\":\"transaction\",\"arguments\":{\"actions\":[" + String.join(",", actions) + "]}}");
    }

    private static void add(Qmp qmp, DiskChain top) throws IOException {
        qmp.execute("{\"execute\":\"blockdev-add\",\"arguments\":{\"driver\":\"qcow2\",\"node-name\":\"" + top.active()
                + "\",\"file\":{\"driver\":\"file\",\"filename\":\"" + top.active()
                + "\",\"discard\":\"unmap\"},\"backing\":null,\"discard\":\"unmap\",\"detect-zeroes\":\"unmap\"}}");
    }

    /** @throws IOException also when it writes to the one and not to the other */
    static boolean stacked(Qmp qmp, DiskChains disks) throws IOException {
        var active = active(qmp);
        long done = disks.both().stream()
                .filter(c -> c.active().equals(active.get(c.drive())))
                .count();
        if (done == 1) throw new IOException("QEMU writes to the new file of one disk only");
        return done == 2;
    }

    /** Into the topmost file of each disk, down to and without the lowest layer. */
    static void flatten(Qmp qmp, DiskChains disks) throws IOException {
        var jobs = jobs(qmp).keySet();
        for (var chain : disks.both()) {
            if (chain.layers().size() < 2 || jobs.contains(JOB + chain.drive())) continue;
            var lowest = lowest(qmp, chain);
            qmp.execute("{\"execute\":\"block-stream\",\"arguments\":{\"job-id\":\"" + JOB + chain.drive()
                    + "\",\"device\":\"" + chain.drive() + "\",\"base-node\":\"" + lowest + "\",\"speed\":" + SPEED
                    + ",\"auto-finalize\":false}}");
        }
    }

    /** A layer since it started has the name of its file; one from before is numbered; the raw one has none of ours. */
    private static String lowest(Qmp qmp, DiskChain chain) throws IOException {
        var found = "";
        for (var node : nodes(qmp)) {
            var name = String.valueOf(node.get("node-name"));
            var numbered = name.matches(chain.drive() + "-[0-9]+");
            boolean raw = "raw".equals(node.get("drv")) && chain.drive().equals(node.get("file"));
            if (raw || numbered && (found.isEmpty() || number(name) > number(found))) found = name;
        }
        if (found.isEmpty()) throw new IOException("QEMU has no lowest layer of " + chain.drive());
        return found;
    }

    private static int number(String node) {
        return Integer.parseInt(node.substring(node.indexOf('-') + 1));
    }

    static boolean flattening(Qmp qmp) throws IOException {
        return jobs(qmp).values().stream().anyMatch(status -> !status.equals(COPIED));
    }

    /** By their names: how far each is. */
    private static Map<String, String> jobs(Qmp qmp) throws IOException {
        var jobs = new HashMap<String, String>();
        for (var job : list(qmp.execute("{\"execute\":\"query-block-jobs\"}")))
            if (job instanceof Map<?, ?> j && String.valueOf(j.get("device")).startsWith(JOB))
                jobs.put(String.valueOf(j.get("device")), String.valueOf(j.get("status")));
        return jobs;
    }

    /** Nothing is copied any more when this returns; with disks at work it could neither be saved nor begin new files. */
    static void endFlattening(Qmp qmp) throws IOException {
        for (var job : jobs(qmp).keySet())
            qmp.ask("{\"execute\":\"block-job-cancel\",\"arguments\":{\"device\":\"" + job + "\"}}");
        QemuState.await(() -> jobs(qmp).isEmpty());
    }

    static Set<String> flattened(Qmp qmp, DiskChains disks) throws IOException {
        for (var job : jobs(qmp).entrySet())
            if (job.getValue().equals(COPIED))
                qmp.ask("{\"execute\":\"job-finalize\",\"arguments\":{\"id\":\"" + job.getKey() + "\"}}");
        endFlattening(qmp);
        var flat = new HashSet<String>();
        for (var drive : list(qmp.execute("{\"execute\":\"query-block\"}")))
            if (drive instanceof Map<?, ?> d
                    && d.get("inserted") instanceof Map<?, ?> inserted
                    && inserted.get("backing_file_depth") instanceof Number depth
                    && depth.intValue() == 1) flat.add(String.valueOf(d.get("device")));
        flat.removeIf(drive -> disks.both().stream()
                .noneMatch(c -> c.drive().equals(drive) && c.layers().size() > 1));
        if (!flat.isEmpty()) forget(qmp, flat);
        return flat;
    }

    /** Lets go of the files that nothing is on any more: QEMU refuses for the others. Whoever is on one comes after it. */
    private static void forget(Qmp qmp, Set<String> drives) throws IOException {
        for (var node : nodes(qmp).reversed()) {
            var name = String.valueOf(node.get("node-name"));
            if (name.matches("vd[bc][.-][0-9a-f]+") && drives.contains(name.substring(0, 3)))
                qmp.ask("{\"execute\":\"blockdev-del\",\"arguments\":{\"node-name\":\"" + name + "\"}}");
        }
    }

    /** The topmost node of each drive. */
    private static Map<String, String> active(Qmp qmp) throws IOException {
        var active = new HashMap<String, String>();
        for (var drive : list(qmp.execute("{\"execute\":\"query-block\"}")))
            if (drive instanceof Map<?, ?> d && d.get("inserted") instanceof Map<?, ?> inserted)
                active.put(String.valueOf(d.get("device")), String.valueOf(inserted.get("node-name")));
        return active;
    }

    private static List<Map<?, ?>> nodes(Qmp qmp) throws IOException {
        var nodes = new ArrayList<Map<?, ?>>();
        var asked = "{\"execute\":\"query-named-block-nodes\",\"arguments\":{\"flat\":true}}";
        for (var node : list(qmp.execute(asked))) if (node instanceof Map<?, ?> n) nodes.add(n);
        return nodes;
    }

    private static List<?> list(Map<String, Object> answer) throws IOException {
        if (answer.get("return") instanceof List<?> list) return list;
        throw new IOException("QEMU answers something else than was asked");
    }
}
