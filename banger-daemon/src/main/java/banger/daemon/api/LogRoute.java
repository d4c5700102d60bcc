package banger.daemon.api;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.daemon.http.Exchange;
import banger.daemon.http.Router;
import banger.daemon.vm.Machines;
import banger.daemon.vm.Vm;
import banger.daemon.vm.VmDirectory;
import banger.daemon.vm.VmDisks;
import banger.daemon.vm.VmRefs;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.util.concurrent.TimeUnit;

/** {@code GET /v1/vms/{}/logs}: the serial console, made printable; with {@code follow=1} as it grows. */
public final class LogRoute {
    private static final int CHUNK = 32 * 1024;

    private final VmRefs refs;
    private final VmDisks disks;
    private final Machines machines;

    public LogRoute(VmRefs refs, VmDisks disks, Machines machines) {
        this.refs = refs;
        this.disks = disks;
        this.machines = machines;
    }

    public void addTo(Router router) {
        router.add("GET", "/v1/vms/{}/logs", this::send);
    }

    private void send(Exchange x) throws IOException {
        var vm = refs.resolve(x.parameter(0));
        var dir = disks.directory(vm.id());
        if (!Files.exists(dir.console()))
            throw new BangerException(
                    ErrorCode.VM_NOT_RUNNING,
                    "vm " + vm.name() + ": has no console log; it was never started",
                    "banger vm start " + vm.name());
        var out = x.startChunked("text/plain; charset=utf-8");
        if (Files.exists(dir.olderConsole())) copy(dir.olderConsole(), 0, out);
        long sent = copy(dir.console(), 0, out);
        if (x.query("follow").isPresent()) follow(vm, dir, sent, out);
        out.close();
    }

    /** Until the client goes away (writing fails) or the VM no longer runs. */
    private void follow(Vm vm, VmDirectory dir, long from, OutputStream out) throws IOException {
        long sent = from;
        try (var watch = dir.state().getFileSystem().newWatchService()) {
            dir.state().register(watch, StandardWatchEventKinds.ENTRY_MODIFY, StandardWatchEventKinds.ENTRY_CREATE);
            while (machines.find(vm.id()).isPresent()) {
                long size = Files.size(dir.console());
                if (size < sent) sent = 0; // the ring went on to a new file
                sent = copy(dir.console(), sent, out);
                var key = watch.poll(1, TimeUnit.SECONDS);
                if (key != null) {
                    key.pollEvents();
                    key.reset();
                }
            }
            copy(dir.console(), sent, out);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static long copy(Path file, long from, OutputStream out) throws IOException {
        long at = from;
        try (var in = new RandomAccessFile(file.toFile(), "r")) {
            in.seek(at);
            var bytes = new byte[CHUNK];
            for (int n; (n = in.read(bytes)) > 0; at += n)
                out.write(Printable.lines(new String(bytes, 0, n, StandardCharsets.UTF_8).replace("\r\n", "\n"))
                        .getBytes(StandardCharsets.UTF_8));
        }
        return at;
    }
}
