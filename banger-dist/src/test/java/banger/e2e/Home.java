package banger.e2e;

import banger.api.BangerException;
import banger.api.client.BangerClient;
import banger.api.model.DaemonInfo;
import banger.api.model.VmInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A BANGER_HOME and the launcher that works on it. */
class Home {
    private final Path path;
    private final String image;

    Home(Path path) {
        this(path, Prepared.IMAGE);
    }

    Home(Path path, String image) {
        this.path = path;
        this.image = image;
    }

    /** What its VMs boot, if nothing else is said. */
    String image() {
        return image;
    }

    Path path() {
        return path;
    }

    Path state() {
        return path.resolve("state");
    }

    Path socket() {
        return state().resolve("run/bangerd.sock");
    }

    /** The environment of the launcher: ours is not inherited, so that it cannot matter. */
    Map<String, String> environment() {
        var environment = new LinkedHashMap<String, String>();
        environment.put("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        environment.put("HOME", System.getProperty("user.home"));
        environment.put("LANG", "C.UTF-8");
        environment.put("BANGER_HOME", path.toString());
        for (var passed : List.of("http_proxy", "https_proxy", "no_proxy", "TZ"))
            if (System.getenv(passed) != null) environment.put(passed, System.getenv(passed));
        return environment;
    }

    /** {@code banger WORDS…}, not started yet. */
    Program banger(String... words) {
        return banger(List.of(words));
    }

    Program banger(List<String> words) {
        var all = new ArrayList<>(List.of(Product.launcher().toString()));
        all.addAll(words);
        return new Program(all, environment());
    }

    /** {@code banger WORDS…} to its end. */
    Ended run(String... words) {
        return banger(words).run();
    }

    /** A command in a VM. */
    Ended exec(String vm, String... command) {
        var words = new ArrayList<>(List.of("vm", "exec", vm, "--"));
        words.addAll(List.of(command));
        return banger(words).run();
    }

    /** Creates and boots a small VM. */
    void boot(String name) {
        create("--name", name).ok();
    }

    /** {@code vm create} of a small VM with more flags. */
    Ended create(String... flags) {
        var words = new ArrayList<>(List.of("vm", "create", "--image", image, "--vcpu", "1", "--memory", "512M"));
        words.addAll(List.of(flags));
        return banger(words).run();
    }

    /** A VM is ready as soon as its agent is; what asks systemd for something has to wait for it. */
    void awaitInit(String vm) {
        exec(
                        vm,
                        "sh",
                        "-c",
                        "until systemctl is-system-running 2>/dev/null | grep -qE 'starting|running|degraded'; do sleep 0.1; done")
                .ok();
    }

    BangerClient client() {
        return new BangerClient(socket());
    }

    /** What the daemon says of a VM. */
    VmInfo vm(String reference) {
        return client().get("/v1/vms/" + reference, VmInfo.class);
    }

    List<VmInfo> vms() {
        return client().list("/v1/vms", VmInfo.class);
    }

    /** Whether one answers by now: while it starts, the socket may be one that an earlier daemon left. */
    boolean daemonAnswers() {
        try {
            return daemonPid() > 0;
        } catch (BangerException e) {
            return false;
        }
    }

    boolean daemonRuns() {
        return Files.exists(socket()) && !daemons().isEmpty();
    }

    long daemonPid() {
        return client().get("/v1/daemon", DaemonInfo.class).pid();
    }

    /** The daemons that work for this home: their environment names it. */
    List<Processes.Seen> daemons() {
        return Processes.matching(
                p -> p.words().contains("banger.daemon.Main") && p.environment().contains("BANGER_HOME=" + path));
    }

    /** The network helpers of this home. */
    List<Processes.Seen> helpers() {
        return Processes.matching(p -> p.words().contains("banger.net.Main")
                && p.words().stream().anyMatch(w -> w.startsWith(path.toString())));
    }

    /** The VMMs of this home: each works in its VM's directory. */
    List<Processes.Seen> vmms() {
        return Processes.matching(p -> p.cwd().startsWith(state().resolve("vms").toString())
                && !p.words().isEmpty()
                && p.words().getFirst().contains("qemu"));
    }

    /** Returns once a daemon that was started by hand answers. */
    void awaitDaemon(Running daemon) {
        Wait.until("the daemon answers", () -> {
            if (!daemon.alive()) throw new AssertionError(daemon.await().toString());
            try {
                daemonPid();
                return true;
            } catch (BangerException e) {
                return false;
            }
        });
    }

    /** Ends the daemon as a power cut would. */
    void killDaemon() {
        long pid = daemonPid();
        Signal.send(pid, "KILL");
        Wait.until("daemon " + pid + " is gone", () -> !Processes.alive(pid));
    }

    /** Settings for tests: what nobody asked for would take the processor from what is tried. */
    void settings(String toml) {
        config("templates = \"manual\"\n" + toml);
    }

    /** The file of settings, just so. */
    void config(String toml) {
        try {
            Files.createDirectories(path.resolve("config"));
            Files.writeString(path.resolve("config/config.toml"), toml);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
