package banger.e2e;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The emulated host: a VM of ours with nested virtualization, in which KVM works, systemd runs, and there is
 * an ordinary user. It was made and saved once by {@link LabRecipe}; each use continues from there.
 */
final class Lab implements AutoCloseable {
    /** The ordinary user. */
    static final String USER = "ann";

    static final String VM = "lab";
    private static final Duration PATIENCE = Duration.ofMinutes(15);

    private final LabHome home;
    private final FileChannel channel;
    private final FileLock lock;

    private Lab(LabHome home, FileChannel channel, FileLock lock) {
        this.home = home;
        this.channel = channel;
        this.lock = lock;
    }

    /** Continues the saved machine; makes it first when there is none that fits. One user at a time. */
    static Lab begin() throws IOException {
        var place = Files.createDirectories(LabRecipe.place());
        var channel = FileChannel.open(place.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        var lab = new Lab(new LabHome(place), channel, channel.lock());
        try {
            lab.home.end();
            if (!Files.isDirectory(LabRecipe.pristine(place))) LabRecipe.make(lab);
            var started = lab.continued();
            if (started.err().contains("error: vm " + VM + ": its saved memory ")) {
                lab.home.end();
                LabRecipe.make(lab);
                started = lab.continued();
            }
            started.ok();
            return lab;
        } catch (IOException | RuntimeException | Error e) {
            Evidence.print(place);
            lab.close();
            throw e;
        }
    }

    private Ended continued() throws IOException {
        LabRecipe.putBack(home.path());
        home.begin();
        return home.run("vm", "start", VM);
    }

    /** The home of ours that the machine lives in. */
    LabHome home() {
        return home;
    }

    /** A line for the shell, typed by a user of the machine, root or {@link #USER}; within a quarter of an hour. */
    Ended type(String user, List<String> environment, String line) {
        return typed(user, environment, line).run();
    }

    Program typed(String user, List<String> environment, String line) {
        var words = new ArrayList<>(
                List.of("vm", "exec", "-T", "-u", user, "-w", user.equals("root") ? "/root" : "/home/" + user));
        for (var variable : environment) words.addAll(List.of("-e", variable));
        words.addAll(List.of(VM, "--", "sh", "-c", line));
        return home.banger(words).within(PATIENCE);
    }

    /** As root; fails unless it ends well. Returns what it said. */
    String root(String line) {
        return type("root", List.of(), line).ok().out();
    }

    /** Streams a file of this host into a command of root's there. */
    void send(Path file, String command) throws IOException {
        home.shell("exec \"$1\" vm exec -T " + VM + " -- sh -c \"$2\" < \"$3\"", command, file.toString())
                .ok();
    }

    @Override
    public void close() throws IOException {
        try {
            home.end();
        } finally {
            lock.release();
            channel.close();
        }
    }
}
