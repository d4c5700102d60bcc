package bench;

import static bench.Tools.BANGER;
import static bench.Tools.CHECKOUT;
import static bench.Tools.HOME;
import static bench.Tools.api;
import static bench.Tools.id;
import static bench.Tools.json;
import static bench.Tools.load;
import static bench.Tools.median;
import static bench.Tools.pid;
import static bench.Tools.run;
import static bench.Tools.seconds;
import static bench.Tools.wall;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** The benchmarks of docs/performance.md. Every figure has its baseline in the same, interleaved run. */
public final class Bench {
    private static final String IMAGE = "debian-minimal";
    private static final int RUNS = Integer.getInteger("runs", 10);
    /** Each is seconds on an emulated guest: all of them within minutes. */
    private static final int WORK_RUNS = Math.min(RUNS, 5);

    public static void main(String[] names) throws Exception {
        run(false, BANGER, "daemon", "stop");
        run(true, BANGER, "kernel", "list");
        if (!json("image", "list", "--json").contains("\"available\": false")) run(true, BANGER, "image", "pull", IMAGE);
        // What is made in the background would be measured with the rest.
        Files.createDirectories(HOME.resolve("config"));
        Files.writeString(HOME.resolve("config/config.toml"), "templates = \"manual\"\n");
        var all = names.length == 0 ? List.of("start", "cold", "warm", "env", "fork", "exec", "create", "stop", "idle", "import", "work", "suspend", "engine") : List.of(names);
        System.out.printf("load %s, %d cpus, %d runs each%n", load(), Runtime.getRuntime().availableProcessors(), RUNS);
        for (var name : all) {
            switch (name) {
                case "start" -> start();
                case "cold" -> cold();
                case "warm" -> warm();
                case "env" -> environment();
                case "fork" -> fork();
                case "exec" -> exec();
                case "create" -> create();
                case "stop" -> stop();
                case "idle" -> idle();
                case "import" -> importTree();
                case "work" -> work();
                case "suspend" -> suspend();
                case "engine" -> engine();
                default -> throw new IllegalArgumentException(name);
            }
        }
        run(true, BANGER, "daemon", "stop");
    }

    /** The command line against a Java hello world. */
    private static void start() throws Exception {
        var dir = Files.createTempDirectory("hello");
        Files.writeString(dir.resolve("Hello.java"),
                "public class Hello { public static void main(String[] a) { System.out.println(\"hello\"); } }");
        var java = ProcessHandle.current().info().command().orElseThrow();
        run(true, java.replaceAll("java$", "javac"), "-d", dir.toString(), dir.resolve("Hello.java").toString());
        String[] hello = {java, "-cp", dir.toString(), "Hello"};
        run(true, BANGER, "vm", "create", "--no-start", "--image", IMAGE, "--name", "bench-list");
        pair("banger version", "java hello", () -> wall(BANGER, "version"), () -> wall(hello), "aim 1.8");
        pair("banger vm list", "java hello", () -> wall(BANGER, "vm", "list"), () -> wall(hello), "aim 1.8");
        pair("the same in Java (--json)", "java hello", () -> wall(BANGER, "vm", "list", "--json"), () -> wall(hello), "for comparison");
        run(true, BANGER, "vm", "delete", "bench-list");
    }

    private static final String[] SMALL = {"--image", IMAGE, "--vcpu", "1", "--memory", "512M"};

    private static double runOf(String how) throws Exception {
        return wall(with(new String[] {BANGER, "vm", "run", "--rm", how}, with(SMALL, "--", "true")));
    }

    /** A bare QEMU with the same arguments and copies of the same disks, as they are before a first start. */
    private static BareBoot bare() throws Exception {
        run(true, with(new String[] {BANGER, "vm", "create", "--no-start", "--name", "bench-bare"}, SMALL));
        var blank = Files.createTempDirectory("banger-blank");
        for (var disk : List.of("vdb", "vdc"))
            run(true, "cp", "--sparse=always", HOME.resolve("state/vms").resolve(id("bench-bare")).resolve(disk).toString(), blank.resolve(disk).toString());
        run(true, BANGER, "vm", "start", "--cold", "bench-bare");
        var bare = new BareBoot(pid("bench-bare"), blank);
        run(true, BANGER, "vm", "delete", "bench-bare");
        return bare;
    }

    /** A whole cold run against a bare boot. */
    private static void cold() throws Exception {
        var bare = bare();
        pair("vm run --rm -- true, cold", "bare qemu to the agent", () -> runOf("--cold"), () -> bare.until(BareBoot.Milestone.READY), "aim 1.1");
        pair("the same", "bare qemu to the init's hello", () -> runOf("--cold"), () -> bare.until(BareBoot.Milestone.HELLO), "for comparison");
        bare.close();
    }

    /** A whole run from a template against a bare boot, and what eight VMs of one template take. */
    private static void warm() throws Exception {
        var bare = bare();
        run(true, with(new String[] {BANGER, "template", "build"}, SMALL));
        pair("vm run --rm -- true, warm", "bare qemu to the agent", () -> runOf("--warm"), () -> bare.until(BareBoot.Milestone.READY), "aim 0.15");
        bare.close();
        fourAtOnce();
        run(true, with(new String[] {BANGER, "vm", "create", "--cold", "--name", "bench-cold"}, SMALL));
        long rss = memory("bench-cold", "Rss");
        run(true, BANGER, "vm", "delete", "bench-cold");
        long pss = 0, disk = 0;
        for (int i = 0; i < 8; i++) run(true, with(new String[] {BANGER, "vm", "create", "--warm", "--name", "bench-warm-" + i}, SMALL));
        for (int i = 0; i < 8; i++) {
            pss += memory("bench-warm-" + i, "Pss");
            disk += Long.parseLong(json("vm", "show", "bench-warm-" + i).replaceAll("(?s).*\"usedBytes\": *([0-9]+).*", "$1"));
        }
        for (int i = 0; i < 8; i++) run(true, BANGER, "vm", "delete", "bench-warm-" + i);
        System.out.printf(Locale.ROOT, "%-28s %8.1f MiB  a cold VM's RSS %.1f MiB: %.2f x, aim 0.30%n", "PSS of a warm VM, one of 8",
                pss / 8 / 1024.0, rss / 1024.0, pss / 8.0 / rss);
        System.out.printf(Locale.ROOT, "%-28s %8.1f MiB  aim 16 MiB%n", "disk of a warm VM", disk / 8 / 1048576.0);
    }

    /** Four VMs from a template at once, by the API, against four bare QEMUs that load the same state. */
    private static void fourAtOnce() throws Exception {
        run(true, with(new String[] {BANGER, "vm", "create", "--warm", "--name", "bench-one"}, SMALL));
        var digest = json("template", "list", "--json").replaceAll("(?s).*\"digest\": *\"([0-9a-f]+)\".*", "$1");
        var bare = new BareRestore(pid("bench-one"), HOME.resolve("state/templates").resolve(digest));
        run(true, BANGER, "vm", "delete", "bench-one");
        pair("4 warm VMs at once (API)", "4 bare restores", () -> warmAtOnce(4), () -> bare.seconds(4), "aim 1.15");
        bare.close();
    }

    private static double warmAtOnce(int count) throws Exception {
        long began = System.nanoTime();
        double took;
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var vms = new ArrayList<Future<String>>();
            for (int i = 0; i < count; i++) {
                var name = "bench-at-once-" + i;
                vms.add(threads.submit(() -> api("POST", "/v1/vms", "{\"name\":\"" + name + "\",\"image\":\"" + IMAGE
                        + "\",\"vcpu\":1,\"memoryMib\":512,\"nat\":false,\"start\":true,\"remove\":false,\"boot\":\"warm\"}")));
            }
            for (var vm : vms) vm.get();
            took = seconds(began);
        }
        for (int i = 0; i < count; i++) run(true, BANGER, "vm", "delete", "bench-at-once-" + i);
        return took;
    }

    /** KiB of a VM's VMM. */
    private static long memory(String vm, String what) throws Exception {
        return Files.readAllLines(Path.of("/proc/" + pid(vm) + "/smaps_rollup")).stream()
                .filter(l -> l.startsWith(what + ":")).mapToLong(l -> Long.parseLong(l.replaceAll("[^0-9]", ""))).sum();
    }

    /** Copies of a running VM, and how long it stands still for one. */
    private static void fork() throws Exception {
        run(true, with(new String[] {BANGER, "template", "build"}, SMALL));
        run(true, with(new String[] {BANGER, "vm", "run", "-d", "--warm", "--name", "bench-fork"}, SMALL));
        var one = new double[WORK_RUNS];
        var eight = new double[WORK_RUNS];
        for (int i = 0; i < WORK_RUNS; i++) {
            one[i] = forked(1);
            eight[i] = forked(8);
        }
        System.out.printf(Locale.ROOT, "%-28s %8.0f ms    one copy %.0f ms: %.2f x, aim 5%n", "8 copies of a running VM",
                median(eight) * 1000, median(one) * 1000, median(eight) / median(one));
        run(true, BANGER, "vm", "exec", "bench-fork", "--", "dd", "if=/dev/vda", "of=/dev/shm/used", "bs=1M", "count=220");
        var pauses = new double[WORK_RUNS];
        for (int i = 0; i < WORK_RUNS; i++) {
            var told = run(true, BANGER, "vm", "snapshot", "bench-fork");
            pauses[i] = Double.parseDouble(told.replaceAll("(?s).*it stood still for ([0-9]+) ms.*", "$1"));
            run(true, BANGER, "snapshot", "rm", "bench-fork", "1");
        }
        System.out.printf(Locale.ROOT, "%-28s %8.0f ms    aim 50 ms%n", "pause of a VM that is copied", median(pauses));
        run(true, BANGER, "vm", "delete", "--discard", "bench-fork");
    }

    private static double forked(int count) throws Exception {
        long began = System.nanoTime();
        run(true, BANGER, "vm", "fork", "bench-fork", "-n", Integer.toString(count), "--name", "bench-copy");
        double took = seconds(began);
        for (int i = 1; i <= count; i++) run(true, BANGER, "vm", "delete", count == 1 ? "bench-copy" : "bench-copy-" + i);
        return took;
    }

    /** A repository of 8,000 files and 130 MB. */
    private static Path tree() throws Exception {
        var repo = Files.createTempDirectory("banger-bench-tree");
        var random = new java.util.Random(1);
        for (int i = 0; i < 8000; i++) {
            var file = repo.resolve("d" + i % 200).resolve("f" + i);
            Files.createDirectories(file.getParent());
            // Half of it text that compresses, half of it not; 130 MB in all.
            var bytes = new byte[2 * (int) (130_000_000L / 8000 * (i % 20 + 1) / 21)];
            random.nextBytes(bytes);
            Arrays.fill(bytes, 0, bytes.length / 2, (byte) ('a' + i % 26));
            Files.write(file, bytes);
        }
        var git = new String[] {"git", "-C", repo.toString(), "-c", "user.name=b", "-c", "user.email=b@b"};
        run(true, with(git, "init", "-q"));
        run(true, with(git, "add", "-A"));
        run(true, with(git, "commit", "-q", "-m", "tree"));
        return repo;
    }

    /** A run in a repository whose environment is there, 1 % of it changed since, against a warm run without a repository. */
    private static void environment() throws Exception {
        var repo = tree();
        Files.writeString(repo.resolve(".banger.toml"), "[environment]\nsetup = [\"true\"]\nimage = \"" + IMAGE + "\"\nvcpu = 1\nmemory = \"512M\"\n");
        run(true, BANGER, "env", "approve", repo.toString());
        var first = wall(BANGER, "env", "build", repo.toString());
        for (int i = 0; i < 80; i++) Files.writeString(repo.resolve("d" + i * 100 % 200).resolve("f" + i * 100), "changed " + i);
        run(true, with(new String[] {BANGER, "template", "build"}, SMALL));
        pair(WORK_RUNS, "vm run . -- true, environment", "vm run -- true, warm", () -> wall(BANGER, "vm", "run", "--rm", repo.toString(), "--", "true"),
                () -> runOf("--warm"), "aim + 200 ms");
        var without = wall(with(new String[] {BANGER, "vm", "run", "--rm", "--no-env", "--warm"}, with(SMALL, repo.toString(), "--", "true")));
        System.out.printf(Locale.ROOT, "%-28s %8.1f s    made in %.1f s%n", "  without one", without, first);
        run(true, BANGER, "env", "rm", json("env", "list", "--json").replaceAll("(?s).*?\"digest\": \"([0-9a-f]+)\".*", "$1"));
        run(true, "rm", "-rf", repo.toString());
    }

    /** What a guest did to 100 of 8,000 files, shown and brought back, against the guest's own git diff. */
    private static void work() throws Exception {
        var repo = tree();
        run(true, BANGER, "vm", "run", "-d", "--image", IMAGE, "--name", "bench-work", "--vcpu", "1", "--memory", "1G", repo.toString());
        run(true, BANGER, "vm", "exec", "bench-work", "--", "sh", "-c", "until systemctl is-system-running >/dev/null; do sleep 1; done");
        var git = gitInto("bench-work");
        run(true, BANGER, "vm", "exec", "bench-work", "--", "sh", "-c",
                "for i in $(seq 0 80 7999); do echo changed >> d$((i % 200))/f$i; done; " + git + " diff > /dev/null");
        String[] own = {BANGER, "vm", "exec", "bench-work", "--", "sh", "-c", git + " diff > /dev/null"};
        pair(WORK_RUNS, "vm diff, 100 of 8,000 files", "git diff in the guest", () -> wall(BANGER, "vm", "diff", "bench-work"),
                () -> wall(own), "aim + 1 s");
        pair(WORK_RUNS, "vm pull --apply of them", "git diff in the guest", () -> {
                    run(true, "git", "-C", repo.toString(), "checkout", "-q", ".");
                    return wall(BANGER, "vm", "pull", "bench-work", "--apply");
                }, () -> wall(own), "aim + 1 s");
        var branches = new int[1];
        pair(WORK_RUNS, "vm pull --branch of them", "git diff in the guest",
                () -> wall(BANGER, "vm", "pull", "bench-work", "--branch", "work-" + branches[0]++),
                () -> wall(own), "aim + 1 s");
        run(true, BANGER, "vm", "delete", "bench-work", "--discard");
        run(true, "rm", "-rf", repo.toString());
    }

    /** Brings the host's git with its libraries into a guest that has none; the words that call it there. */
    private static String gitInto(String vm) throws Exception {
        var dir = Files.createTempDirectory("banger-bench-git");
        run(true, "sh", "-c", "cp \"$(command -v git)\" \"$1\"/git && ldd \"$1\"/git | grep -o '/[^ ]*' | while read -r l; do cp -L \"$l\" \"$1\"; done",
                "sh", dir.toString());
        run(true, "sh", "-c", "tar c -C \"$1\" . | \"$2\" vm exec --cwd / bench-work -- sh -c 'mkdir -p /opt/git && tar x -C /opt/git'",
                "sh", dir.toString(), BANGER);
        var loader = json("vm", "exec", "--cwd", "/opt/git", vm, "--", "sh", "-c", "ls | grep ^ld-").strip();
        run(true, "rm", "-r", dir.toString());
        return "/opt/git/" + loader + " --library-path /opt/git /opt/git/git -c safe.directory=*";
    }

    /** A tree of 8,000 files and 130 MB into a running guest, against tar over ssh and tar inside the guest. */
    private static void importTree() throws Exception {
        var repo = tree();
        run(true, BANGER, "vm", "run", "-d", "--image", IMAGE, "--name", "bench-import", "--vcpu", "1", "--memory", "1G");
        long before = daemonMemory();
        var first = wall(BANGER, "vm", "workspace", "prepare", "bench-import", repo.toString());
        long after = daemonMemory();
        var again = wall(BANGER, "vm", "workspace", "prepare", "bench-import", repo.toString());
        for (int i = 0; i < 80; i++) Files.writeString(repo.resolve("d" + i * 100 % 200).resolve("f" + i * 100), "changed " + i);
        var changed = wall(BANGER, "vm", "workspace", "prepare", "bench-import", repo.toString());
        // What has no counterpart in a tar: the history, packed.
        var packing = wall("sh", "-c", "git -C \"$1\" rev-parse HEAD | git -C \"$1\" pack-objects --revs -q --window=0 --compression=1 --stdout > /dev/null",
                "sh", repo.toString());
        // Both end when all is on the guest's disk, as a prepare does.
        var ssh = wall("sh", "-c", "tar c -C \"$1\" --exclude .git . | \"$2\" vm ssh bench-import -- 'mkdir -p /root/by-ssh && tar x -C /root/by-ssh && sync'",
                "sh", repo.toString(), BANGER);
        run(true, BANGER, "vm", "exec", "--cwd", "/root", "bench-import", "--", "sh", "-c", "tar c -C by-ssh . > t.tar && sync");
        long began = System.nanoTime();
        run(true, BANGER, "vm", "exec", "--cwd", "/root", "bench-import", "--", "sh", "-c", "mkdir in && tar x -C in -f t.tar && sync");
        var inside = seconds(began);
        // The same files with no history to pack, as a tar has none.
        run(true, "sh", "-c", "rm -rf \"$1\"/.git && git -C \"$1\" init -q", "sh", repo.toString());
        var files = wall(BANGER, "vm", "workspace", "prepare", "bench-import", repo.toString(), "--include-untracked",
                "--guest-path", "/root/files");
        System.out.printf(Locale.ROOT, "%-28s %8.1f s    %.2f x of tar over ssh, aim 0.33; %.2f x of tar in the guest, aim 1.25%n",
                "import of the files alone", files, files / ssh, files / inside);
        System.out.printf(Locale.ROOT, "%-28s %8.1f s    tar over ssh %.1f s: %.2f x, aim 0.33; tar in the guest %.1f s: %.2f x; packing alone %.1f s%n",
                "import 8,000 files, 130 MB", first, ssh, first / ssh, inside, first / inside, packing);
        System.out.printf(Locale.ROOT, "%-28s %8.1f s    %.0f %% of the first, aim 5 %%%n", "  again, nothing changed", again, 100 * again / first);
        System.out.printf(Locale.ROOT, "%-28s %8.1f s    %.0f %% of the first, aim 10 %%%n", "  again, 1 % changed", changed, 100 * changed / first);
        System.out.printf(Locale.ROOT, "%-28s %8.1f MiB  aim 32 MiB%n", "  daemon's memory, peak", (after - before) / 1024.0);
        run(true, BANGER, "vm", "delete", "bench-import", "--discard");
        run(true, "rm", "-rf", repo.toString());
    }

    private static String[] with(String[] words, String... more) {
        var all = new ArrayList<>(List.of(words));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    /** The daemon's peak of resident memory, KiB. */
    private static long daemonMemory() throws Exception {
        var pid = json("daemon", "status", "--json").replaceAll("(?s).*\"pid\": *([0-9]+).*", "$1");
        return Files.readString(Path.of("/proc/" + pid + "/status")).lines()
                .filter(l -> l.startsWith("VmHWM:"))
                .mapToLong(l -> Long.parseLong(l.replaceAll("[^0-9]", "")))
                .findFirst()
                .orElseThrow();
    }

    /** A command in a running guest against one over a multiplexed ssh connection into the same guest. */
    private static void exec() throws Exception {
        run(true, BANGER, "vm", "run", "-d", "--image", IMAGE, "--name", "bench-exec", "--vcpu", "1", "--memory", "512M");
        run(true, BANGER, "vm", "exec", "bench-exec", "--", "sh", "-c", "until systemctl is-system-running >/dev/null; do sleep 1; done");
        var id = id("bench-exec");
        var ssh = new ArrayList<>(List.of("ssh", "-F", "none", "-o", "ProxyCommand=" + BANGER + " vm nc bench-exec 22",
                "-o", "HostKeyAlias=banger-" + id, "-o", "UserKnownHostsFile=" + HOME.resolve("state/ssh/vms/" + id + ".known_hosts"),
                "-o", "IdentityFile=" + HOME.resolve("state/ssh/id_ed25519"), "-o", "IdentitiesOnly=yes",
                "-o", "ControlPath=/tmp/banger-bench-%C"));
        var master = new ArrayList<>(ssh);
        master.addAll(List.of("-o", "ControlMaster=yes", "-N", "-f", "root@bench-exec"));
        run(true, master.toArray(String[]::new));
        var over = new ArrayList<>(ssh);
        over.addAll(List.of("root@bench-exec", "true"));
        pair("vm exec -- true", "ssh with ControlMaster", () -> wall(BANGER, "vm", "exec", "bench-exec", "--", "true"),
                () -> wall(over.toArray(String[]::new)), "aim 0.2");
        pair("exec by the API alone", "ssh with ControlMaster", () -> execByApi("bench-exec"),
                () -> wall(over.toArray(String[]::new)), "aim 0.2");
        var end = new ArrayList<>(ssh);
        end.addAll(List.of("-O", "exit", "root@bench-exec"));
        run(false, end.toArray(String[]::new));
        run(true, BANGER, "vm", "delete", "bench-exec");
    }

    private static double execByApi(String vm) throws IOException {
        long began = System.nanoTime();
        var body = "{\"argv\":[\"dHJ1ZQA=\"],\"env\":[],\"login\":false}";
        try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(HOME.resolve("state/run/bangerd.sock")));
            channel.write(ByteBuffer.wrap(("POST /v1/vms/" + vm + "/exec HTTP/1.1\r\nHost: x\r\nContent-Length: " + body.length()
                    + "\r\n\r\n" + body).getBytes(StandardCharsets.US_ASCII)));
            var buffer = ByteBuffer.allocate(4096);
            while (channel.read(buffer) >= 0) {
                var text = new String(buffer.array(), 0, buffer.position(), StandardCharsets.ISO_8859_1);
                if (text.endsWith("\u0005\0\0\1\0")) return seconds(began);
            }
        }
        throw new IOException("no exit frame");
    }

    /** Creating a VM inside the daemon: time of the request on a warm daemon, bytes the VM takes. */
    private static void create() throws Exception {
        var times = new double[RUNS];
        long used = 0;
        for (int i = -2; i < RUNS; i++) {
            long began = System.nanoTime();
            var answer = api("POST", "/v1/vms", "{\"name\":\"bench-create\",\"image\":\"" + IMAGE + "\",\"nat\":false,\"start\":false,\"remove\":false}");
            if (i >= 0) times[i] = seconds(began);
            used = Long.parseLong(answer.replaceAll("(?s).*\"usedBytes\":([0-9]+).*", "$1"));
            run(true, BANGER, "vm", "delete", "bench-create");
        }
        System.out.printf(Locale.ROOT, "%-28s %8.1f ms   aim 10 ms%n", "vm create --no-start (API)", median(times) * 1000);
        System.out.printf(Locale.ROOT, "%-28s %8.0f KiB  aim 1024 KiB%n", "disk of a new VM", used / 1024.0);
    }

    private static void stop() throws Exception {
        var times = new double[RUNS];
        var syncs = new double[RUNS];
        run(true, BANGER, "vm", "run", "-d", "--image", IMAGE, "--name", "bench-stop", "--vcpu", "1", "--memory", "512M");
        var ready = json("vm", "show", "bench-stop").replaceAll("(?s).*\"usedBytes\": *([0-9]+).*", "$1");
        for (int i = 0; i < RUNS; i++) {
            syncs[i] = wall(BANGER, "vm", "exec", "bench-stop", "--", "sync") - wall(BANGER, "vm", "exec", "bench-stop", "--", "true");
            long began = System.nanoTime();
            api("POST", "/v1/vms/bench-stop/stop", "{\"graceful\":false}");
            times[i] = seconds(began);
            run(true, BANGER, "vm", "start", "bench-stop");
        }
        System.out.printf(Locale.ROOT, "%-28s %8.0f ms   guest sync alone %.0f ms; aim sync + 60 ms%n", "vm stop (API)",
                median(times) * 1000, Math.max(0, median(syncs)) * 1000);
        System.out.printf(Locale.ROOT, "%-28s %8.1f MiB  aim 16 MiB%n", "disk of a VM when ready", Long.parseLong(ready) / 1048576.0);
        run(true, BANGER, "vm", "delete", "bench-stop");
    }

    /** A suspended VM until it runs its first command, against a cold boot of the same; and the suspend alone. */
    private static void suspend() throws Exception {
        var vm = "bench-suspend";
        run(true, BANGER, "vm", "run", "-d", "--image", IMAGE, "--name", vm, "--vcpu", "1", "--memory", "512M");
        var suspends = new ArrayList<Double>();
        pair("resume to first exec (API)", "cold boot to first exec", () -> {
                    long began = System.nanoTime();
                    api("POST", "/v1/vms/" + vm + "/suspend", "{}");
                    suspends.add(seconds(began));
                    return startToExec(vm);
                }, () -> {
                    api("POST", "/v1/vms/" + vm + "/stop", "{\"graceful\":false}");
                    return startToExec(vm);
                }, "aim 0.10");
        System.out.printf(Locale.ROOT, "%-28s %8.0f ms%n", "suspend, 512 MiB (API)",
                median(suspends.stream().mapToDouble(d -> d).toArray()) * 1000);
        run(true, BANGER, "vm", "delete", vm);
    }

    private static double startToExec(String vm) throws Exception {
        long began = System.nanoTime();
        api("POST", "/v1/vms/" + vm + "/start", "{}");
        execByApi(vm);
        return seconds(began);
    }

    /** What banger adds to an engine's own time, with the tests' fake of Firecracker. */
    private static void engine() throws Exception {
        var classPath = CHECKOUT.resolve("banger-daemon/target/test-classes") + ":" + CHECKOUT.resolve("build/current/lib/daemon") + "/*:"
                + CHECKOUT.resolve("banger-api/target/test-classes");
        System.out.print(run(true, ProcessHandle.current().info().command().orElseThrow(), "-cp", classPath,
                "banger.daemon.engine.firecracker.EngineBench",
                CHECKOUT.resolve("build/current/libexec/banger-shim").toString(), Integer.toString(RUNS)));
    }

    private static void idle() throws Exception {
        run(true, BANGER, "daemon", "stop");
        run(true, BANGER, "vm", "list");
        // It gives memory back every ten seconds.
        TimeUnit.SECONDS.sleep(12);
        var pid = json("daemon", "status", "--json").replaceAll("(?s).*\"pid\": *([0-9]+).*", "$1");
        var rss = Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                .filter(l -> l.startsWith("VmRSS")).findFirst().orElseThrow().replaceAll("[^0-9]", "");
        System.out.printf(Locale.ROOT, "%-28s %8.0f MiB  aim 90 MiB%n", "daemon, idle", Long.parseLong(rss) / 1024.0);
    }

    private interface Measured {
        double seconds() throws Exception;
    }

    /** Both in turn; prints the medians and the median of the pairwise ratios. */
    private static void pair(String a, String b, Measured first, Measured second, String aim) throws Exception {
        pair(RUNS, a, b, first, second, aim);
    }

    private static void pair(int runs, String a, String b, Measured first, Measured second, String aim) throws Exception {
        var as = new double[runs];
        var bs = new double[runs];
        var ratios = new double[runs];
        first.seconds();
        second.seconds();
        for (int i = 0; i < runs; i++) {
            as[i] = first.seconds();
            bs[i] = second.seconds();
            ratios[i] = as[i] / bs[i];
        }
        System.out.printf(Locale.ROOT, "%-28s %8.0f ms   %s %.0f ms: %.2f x, %s%n", a, median(as) * 1000, b,
                median(bs) * 1000, median(ratios), aim);
    }
}
