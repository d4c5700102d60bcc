package banger.daemon.vm;

import banger.api.BangerException;
import banger.daemon.DurableFiles;
import banger.daemon.HostBoot;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Disks that are on their way to the host's. A VM does not wait for its copies to be written; a marker with the host's boot
 * is durable before them and goes when they are there (ADR 32).
 */
final class Settling {
    private static final Logger LOG = LoggerFactory.getLogger(Settling.class);

    private final Function<VmId, VmDirectory> directories;
    private final Duration again;
    /** VMs whose disks somebody writes behind their backs. */
    private final Set<VmId> underWay = ConcurrentHashMap.newKeySet();

    /** @param again after which disks that could not be written are tried once more */
    Settling(Function<VmId, VmDirectory> directories, Duration again) {
        this.directories = directories;
        this.again = again;
    }

    /** How far a VM's disks are. */
    enum Progress {
        WRITTEN,
        UNDER_WAY,
        /** The host went down meanwhile: what is there is nobody's. */
        LOST
    }

    /** What is put in the place of a VM's disks from here on need not be on disk. */
    void begin(VmId id) throws IOException {
        var directory = directories.apply(id);
        Files.write(directory.unsettled(HostBoot.id()), new byte[0]);
        DurableFiles.syncDirectory(directory.state());
    }

    Progress of(VmId id) {
        var markers = markers(id);
        if (markers.isEmpty()) return Progress.WRITTEN;
        var ours = directories.apply(id).unsettled(HostBoot.id());
        return markers.stream().allMatch(ours::equals) ? Progress.UNDER_WAY : Progress.LOST;
    }

    /** The disks are on disk when this returns, unless the VM is gone by then; or they stay marked, and are tried again. */
    void now(VmId id) {
        if (!written(id)) later(id);
    }

    /** The same behind the caller's back, until it succeeds: a marker that stayed would cost the VM all it ever wrote. */
    void later(VmId id) {
        if (underWay.add(id)) Thread.ofPlatform().daemon().name("settle-" + id).start(() -> untilWritten(id));
    }

    private void untilWritten(VmId id) {
        try {
            while (!written(id)) Thread.sleep(again);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            underWay.remove(id);
        }
    }

    private boolean written(VmId id) {
        var directory = directories.apply(id);
        try {
            var markers = markers(id);
            if (markers.isEmpty()) return true;
            force(directory.overlay());
            force(directory.workDisk());
            DurableFiles.syncDirectory(directory.state());
            remove(markers);
            return true;
        } catch (NoSuchFileException e) {
            if (Files.notExists(directory.state())) return true; // deleted meanwhile
            LOG.warn("vm {}: a disk is missing: {}", id, e.getMessage());
        } catch (IOException | BangerException e) {
            LOG.warn("vm {}: its disks are not on disk yet: {}", id, e.toString());
        }
        return false;
    }

    /** Disks that are on disk were put in the place of those that may not be. */
    void forget(VmId id) throws IOException {
        remove(markers(id));
    }

    private static void remove(List<Path> markers) throws IOException {
        for (var marker : markers) Files.deleteIfExists(marker);
    }

    private List<Path> markers(VmId id) {
        var directory = directories.apply(id).state();
        var found = new ArrayList<Path>();
        try (var markers = Files.newDirectoryStream(directory, VmDirectory.UNSETTLED + "*")) {
            markers.forEach(found::add);
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw DurableFiles.failure(directory, e);
        }
        return found;
    }

    private static void force(Path file) throws IOException {
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
