package bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * QEMUs continued by hand from a template of banger's, with what banger's own were started with: its memory mapped
 * privately from a file in memory, its device state through a socket, a tap in a network namespace of each one's own.
 */
final class BareRestore implements AutoCloseable {
    private final Path root = Files.createTempDirectory(Path.of("/dev/shm"), "banger-bare");
    private final Path template;
    private final List<String> arguments = new ArrayList<>(List.of("unshare", "--user", "--map-root-user", "--net"));

    BareRestore(long vmm, Path template) throws Exception {
        this.template = template;
        for (var word : BareBoot.arguments(vmm)) arguments.add(word
                .replaceFirst("mem-path=/proc/self/fd/4$", "mem-path=" + root.resolve("memory"))
                .replaceFirst("^tap,id=net,fd=3$", "tap,id=net,ifname=bare,script=no,downscript=no"));
        BareBoot.copyBoot(vmm, root);
        Tools.run(true, "cp", "--sparse=always", template.resolve("memory").toString(), root.resolve("memory").toString());
        Tools.run(true, "chmod", "600", root.resolve("memory").toString());
    }

    /** So many at once, until the last is ready; what a template's VM has of its own on disk is there before. */
    double seconds(int count) throws Exception {
        var directories = new ArrayList<Path>();
        for (int i = 0; i < count; i++) directories.add(directory());
        long began = System.nanoTime();
        double took;
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var vmms = new ArrayList<Future<Process>>();
            for (var directory : directories) vmms.add(threads.submit(() -> ready(directory)));
            for (var vmm : vmms) vmm.get();
            took = Tools.seconds(began);
            for (var vmm : vmms) {
                vmm.get().destroyForcibly();
                vmm.get().onExit().join();
            }
        }
        for (var directory : directories) Tools.run(true, "rm", "-r", directory.toString());
        return took;
    }

    private Path directory() throws Exception {
        var directory = Files.createTempDirectory("banger-bare");
        for (var name : List.of("vda", "vdd", "kernel", "initrd")) Files.createSymbolicLink(directory.resolve(name), root.resolve(name));
        for (var disk : List.of("overlay:vdb", "work:vdc")) {
            var there = directory.resolve(disk.split(":")[1]).toString();
            Tools.run(true, "cp", "--sparse=always", template.resolve(disk.split(":")[0]).toString(), there);
            Tools.run(true, "chmod", "600", there);
        }
        return directory;
    }

    private Process ready(Path directory) throws Exception {
        var vmm = new ProcessBuilder(arguments).directory(directory.toFile())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        try (var qmp = BareGuest.connected(vmm, directory.resolve("qmp.sock"))) {
            answer(qmp, "\"QMP\"");
            ask(qmp, "{\"execute\":\"qmp_capabilities\"}");
            ask(qmp, "{\"execute\":\"migrate-set-capabilities\",\"arguments\":{\"capabilities\":[{\"capability\":\"x-ignore-shared\",\"state\":true}]}}");
            ask(qmp, "{\"execute\":\"migrate-incoming\",\"arguments\":{\"uri\":\"unix:load.sock\"}}");
            try (var load = BareGuest.connected(vmm, directory.resolve("load.sock"))) {
                var state = ByteBuffer.wrap(Files.readAllBytes(template.resolve("state")));
                while (state.hasRemaining()) load.write(state);
            }
            while (ask(qmp, "{\"execute\":\"query-status\"}").contains("inmigrate")) Thread.sleep(1);
            ask(qmp, "{\"execute\":\"cont\"}");
        }
        try (var guest = new BareGuest(vmm, directory)) {
            guest.rekey();
            guest.configure(directory);
        }
        return vmm;
    }

    private static String ask(SocketChannel qmp, String command) throws Exception {
        BareGuest.write(qmp, command + "\n");
        return answer(qmp, "\"return\"");
    }

    /** Events may come before what is waited for. */
    private static String answer(SocketChannel qmp, String what) throws Exception {
        var heard = new StringBuilder();
        var buffer = ByteBuffer.allocate(4096);
        while (!heard.toString().contains(what) || heard.charAt(heard.length() - 1) != '\n') {
            if (heard.indexOf("\"error\"") >= 0) throw new IOException("bare QEMU: " + heard);
            if (qmp.read(buffer.clear()) < 0) throw new IOException("bare QEMU ended; heard " + heard);
            heard.append(StandardCharsets.ISO_8859_1.decode(buffer.flip()));
        }
        return heard.toString();
    }

    @Override
    public void close() throws Exception {
        Tools.run(true, "rm", "-r", root.toString());
    }
}
