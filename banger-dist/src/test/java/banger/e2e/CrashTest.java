package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import banger.api.model.VmInfo;
import banger.daemon.disk.Reflinks;
import banger.daemon.ops.Failpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The daemon is killed at every failpoint; the next one finds each VM absent or whole, nothing astray,
 * and the data of a VM that somebody was told of.
 */
@Tag("vm")
class CrashTest {
    @RegisterExtension
    static final TestHome HOME = TestHome.withoutInit();

    /** Somebody was told of it, and it has data: it must survive everything. */
    private static final String KEPT = "kept";

    /** The one whose creation or deletion is cut short. */
    private static final String CUT = "cut";

    @BeforeAll
    static void make() {
        HOME.boot(KEPT);
        HOME.exec(KEPT, "sh", "-c", "echo data > /root/marker; echo data > /etc/marker; sync")
                .ok();
    }

    @AfterAll
    static void delete() {
        HOME.deleteAll();
    }

    /** What one failpoint left is not another's failure. */
    @AfterEach
    void deleteTheOther() {
        if (find(CUT).isPresent()) HOME.run("vm", "delete", "--discard", CUT);
    }

    @ParameterizedTest
    @EnumSource
    void atEveryFailpoint(Failpoint failpoint) throws Exception {
        switch (failpoint) {
            case CREATE_RESERVED, CREATE_DISKS_MADE, CREATE_DONE -> duringCreate(failpoint);
            case START_INTENT, START_NETWORK, START_VMM_SPAWNED, START_RECORDED, START_CONFIGURED, START_DONE ->
                duringStart(failpoint);
            case STOP_INTENT, STOP_SYNCED, STOP_KILLED, STOP_DONE -> duringStop(failpoint);
            case SUSPEND_INTENT, SUSPEND_FROZEN, SUSPEND_WRITTEN, SUSPEND_SAVED -> duringSuspend(failpoint);
            case RESUME_LOADED, RESUME_MARKED, RESUME_CONTINUED -> duringResume(failpoint);
            case TEMPLATE_BOOTED, TEMPLATE_SAVED, TEMPLATE_PUBLISHED -> duringTemplate(failpoint);
            case ENVIRONMENT_SAVED, ENVIRONMENT_PUBLISHED -> duringEnvironment(failpoint);
            case WARM_CLONED, WARM_LOADED, WARM_CONFIGURED -> duringWarmStart(failpoint);
            case DELETE_INTENT, DELETE_FILES, DELETE_DONE -> duringDelete(failpoint);
            case SNAPSHOT_LIVE, SNAPSHOT_COPIED, SNAPSHOT_PUBLISHED -> duringSnapshot(failpoint);
            case LAYERS_FROZEN, LAYERS_STACKED -> duringLayers(failpoint);
            case RESTORE_INTENT, RESTORE_COPIED, RESTORE_REPLACED -> duringRestore(failpoint);
            case FORK_CAPTURED, FORK_RESERVED, FORK_CONTINUED -> duringFork(failpoint);
        }
    }

    private void duringCreate(Failpoint failpoint) throws Exception {
        die(failpoint, "vm", "create", "--no-start", "--name", CUT, "--image", HOME.image());
        if (find(CUT).isPresent()) {
            assertThat(find(CUT).get().state()).isEqualTo("created");
            HOME.run("vm", "delete", CUT).ok();
        }
        // The name is free, whatever became of the first try.
        HOME.create("--no-start", "--name", CUT).ok();
        HOME.run("vm", "delete", CUT).ok();
        everythingAgrees();
    }

    private void duringStart(Failpoint failpoint) throws Exception {
        HOME.run("vm", "kill", KEPT).ok();
        die(failpoint, "vm", "start", KEPT);
        theDataIsThere();
    }

    private void duringStop(Failpoint failpoint) throws Exception {
        HOME.run("vm", "start", KEPT).ok();
        die(failpoint, "vm", "stop", KEPT);
        assertThat(HOME.vm(KEPT).state()).isEqualTo("stopped");
        theDataIsThere();
    }

    private void duringSuspend(Failpoint failpoint) throws Exception {
        HOME.run("vm", "start", KEPT).ok();
        die(failpoint, "vm", "suspend", KEPT);
        assertThat(HOME.vm(KEPT).state()).isEqualTo(failpoint == Failpoint.SUSPEND_SAVED ? "suspended" : "running");
        theDataIsThere();
    }

    private void duringResume(Failpoint failpoint) throws Exception {
        HOME.run("vm", "start", KEPT).ok();
        HOME.run("vm", "suspend", KEPT).ok();
        die(failpoint, "vm", "start", KEPT);
        // Once it may have run, its memory is not used again.
        assertThat(HOME.vm(KEPT).state()).isEqualTo(failpoint == Failpoint.RESUME_LOADED ? "suspended" : "stopped");
        theDataIsThere();
    }

    private static final String[] TEMPLATE = {
        "template", "build", "--image", HOME.image(), "--vcpu", "1", "--memory", "512M"
    };

    private void duringTemplate(Failpoint failpoint) throws Exception {
        HOME.run("template", "prune").ok();
        die(failpoint, TEMPLATE);
        noTemplateIsHalfMade();
        // Whole or not there.
        boolean published = failpoint == Failpoint.TEMPLATE_PUBLISHED;
        assertThat(HOME.run("template", "list", "--json").ok().out().contains("\"digest\""))
                .isEqualTo(published);
        if (published) {
            HOME.create("--warm", "--name", CUT).ok();
            HOME.run("vm", "delete", CUT).ok();
        }
        theDataIsThere();
    }

    private void duringWarmStart(Failpoint failpoint) throws Exception {
        if (!HOME.run("template", "list", "--json").ok().out().contains("\"digest\""))
            HOME.banger(TEMPLATE).run().ok();
        HOME.create("--no-start", "--name", CUT).ok();
        die(failpoint, "vm", "start", CUT);
        noTemplateIsHalfMade();
        assertThat(Trees.names(HOME.state().resolve("vms").resolve(HOME.vm(CUT).id())))
                .noneMatch(n -> n.endsWith(".new"));
        // Nobody was told that it runs: it does not, and it boots on disks that are whole.
        assertThat(HOME.vm(CUT).state()).isEqualTo("stopped");
        HOME.run("vm", "start", CUT).ok();
        assertThat(HOME.vm(CUT).boot()).isEqualTo("cold");
        HOME.exec(CUT, "true").ok();
        HOME.run("vm", "delete", CUT).ok();
        HOME.create("--warm", "--name", CUT).ok();
        HOME.run("vm", "delete", CUT).ok();
        everythingAgrees();
    }

    private void duringEnvironment(Failpoint failpoint) throws Exception {
        var directory = Files.createTempDirectory(HOME.path(), "env");
        var repository = Checkout.in(directory);
        repository.write(
                ".banger.toml",
                "[environment]\nsetup = [\"echo made > /root/made; sync\"]\nimage = \"" + HOME.image()
                        + "\"\nvcpu = 1\nmemory = \"512M\"\n");
        HOME.run("env", "approve", repository.toString()).ok();
        die(failpoint, 125, "vm", "run", "--name", CUT, repository.toString(), "--", "true");
        assertThat(HOME.run("env", "list", "--json").ok().out().contains("\"digest\""))
                .isEqualTo(failpoint == Failpoint.ENVIRONMENT_PUBLISHED);
        // It goes on where it was, with what was set up in it.
        assertThat(HOME.exec(CUT, "cat", "/root/made").ok().out()).isEqualTo("made\n");
        HOME.run("vm", "delete", "--discard", CUT).ok();
        HOME.run("vm", "run", "--name", CUT, repository.toString(), "--", "cat", "/root/made")
                .ok();
        assertThat(HOME.vm(CUT).boot()).isEqualTo("environment");
        HOME.run("vm", "delete", "--discard", CUT).ok();
        HOME.run("env", "prune").ok();
        for (var environment : Trees.names(HOME.state().resolve("environments")))
            HOME.run("env", "rm", environment).ok();
        everythingAgrees();
    }

    private static void noTemplateIsHalfMade() throws IOException {
        assertThat(Trees.names(HOME.state().resolve("templates"))).allMatch(n -> n.matches("[0-9a-f]{64}"));
        assertThat(Processes.matching(p -> p.cwd().contains("/templates/")))
                .noneMatch(p -> p.cwd().startsWith(HOME.state().toString()));
    }

    private void duringDelete(Failpoint failpoint) throws Exception {
        HOME.create("--no-start", "--name", CUT).ok();
        die(failpoint, "vm", "delete", CUT);
        // Its deletion was begun: it is finished.
        assertThat(find(CUT)).isEmpty();
    }

    private void duringSnapshot(Failpoint failpoint) throws Exception {
        HOME.run("vm", "start", KEPT).ok();
        die(failpoint, "vm", "snapshot", KEPT);
        var made = HOME.run("snapshot", "list", KEPT, "--json").ok().out();
        assertThat(made.contains("\"number\"")).isEqualTo(failpoint == Failpoint.SNAPSHOT_PUBLISHED);
        nothingIsUnfinished();
        if (failpoint == Failpoint.SNAPSHOT_PUBLISHED)
            HOME.run("snapshot", "rm", KEPT, "1").ok();
        theDataIsThere();
    }

    /** It goes on in its new files, with its memory copied or not, and so does one that does not run. */
    private void duringLayers(Failpoint failpoint) throws Exception {
        assumeFalse(Reflinks.in(HOME.state()), "copies share what they have in common here: there are no layers");
        for (var how : List.of("--disks-only", "--label=with-memory")) {
            HOME.run("vm", "start", KEPT).ok();
            die(failpoint, "vm", "snapshot", KEPT, how);
            assertThat(HOME.vm(KEPT).state()).isEqualTo("running");
            HOME.exec(KEPT, "sh", "-c", "echo data > /root/after; sync").ok();
            HOME.run("vm", "kill", KEPT).ok();
            HOME.run("vm", "start", KEPT).ok();
            assertThat(HOME.exec(KEPT, "cat", "/root/after").ok().out()).isEqualTo("data\n");
            HOME.exec(KEPT, "rm", "/root/after").ok();
            theDataIsThere();
        }
        if (failpoint == Failpoint.LAYERS_FROZEN) {
            HOME.run("vm", "stop", KEPT).ok();
            die(failpoint, "vm", "snapshot", KEPT);
            assertThat(HOME.vm(KEPT).state()).isEqualTo("stopped");
        }
        assertThat(HOME.run("snapshot", "list", KEPT, "--json").ok().out()).doesNotContain("\"number\"");
        nothingIsUnfinished();
        theDataIsThere();
    }

    /** Once it was begun it is ended: the VM is what the snapshot says, whole. */
    private void duringRestore(Failpoint failpoint) throws Exception {
        HOME.run("vm", "start", KEPT).ok();
        HOME.run("vm", "snapshot", KEPT, "--disks-only").ok();
        HOME.exec(KEPT, "sh", "-c", "echo other > /root/marker; echo other > /etc/marker; sync")
                .ok();
        die(failpoint, "vm", "restore", "--yes", KEPT, "1");
        assertThat(HOME.vm(KEPT).state()).isEqualTo("stopped");
        nothingIsUnfinished();
        theDataIsThere();
        for (var s :
                HOME.run("snapshot", "list", KEPT).ok().out().lines().skip(1).toList())
            HOME.run("snapshot", "rm", KEPT, s.strip().split(" ")[0]).ok();
    }

    private void duringFork(Failpoint failpoint) throws Exception {
        HOME.run("vm", "start", KEPT).ok();
        die(failpoint, "vm", "fork", KEPT, "--name", CUT);
        nothingIsUnfinished();
        // Whoever asked was not told of it, but it is whole, as every VM is.
        if (find(CUT).isPresent()) HOME.run("vm", "delete", "--discard", CUT).ok();
        theDataIsThere();
    }

    private static void nothingIsUnfinished() throws IOException {
        for (var vm : Trees.names(HOME.state().resolve("snapshots")))
            assertThat(Trees.names(HOME.state().resolve("snapshots").resolve(vm)))
                    .noneMatch(n -> n.startsWith("."));
        assertThat(HOME.state().resolve("vms").resolve(HOME.vm(KEPT).id()).resolve("restoring"))
                .doesNotExist();
    }

    private void theDataIsThere() throws IOException {
        HOME.run("vm", "start", KEPT).ok();
        assertThat(HOME.exec(KEPT, "cat", "/root/marker", "/etc/marker").ok().out())
                .isEqualTo("data\ndata\n");
        everythingAgrees();
    }

    /** Runs a command with a daemon that dies at the failpoint, then starts an ordinary one. */
    private void die(Failpoint failpoint, String... command) throws IOException {
        die(failpoint, 1, command);
    }

    private void die(Failpoint failpoint, int status, String... command) throws IOException {
        if (HOME.daemonRuns()) HOME.run("daemon", "stop").ok();
        var bangerd = new Program(
                        List.of(Product.directory().resolve("libexec/bangerd").toString()), HOME.environment())
                .env("BANGER_DAEMON_FLAGS", "-Dbanger.failpoints=true")
                .env("BANGER_FAILPOINT", failpoint.name());
        try (var daemon = bangerd.start()) {
            HOME.awaitDaemon(daemon);
            var ended = HOME.banger(command).run().expect(status);
            assertThat(ended.err()).contains("error: bangerd: ").doesNotContain("Exception", "\tat ");
            daemon.await().expect(137);
        }
        HOME.run("vm", "list").ok();
        everythingAgrees();
    }

    private static Optional<VmInfo> find(String name) {
        return HOME.vms().stream().filter(v -> v.name().equals(name)).findFirst();
    }

    private static void itsDisksAreThereAndNoOthers(Path vm) throws IOException {
        var disks = Disks.in(vm, HOME);
        for (var disk : List.of("vdb", "vdc")) {
            assertThat(Files.size(disks.active(disk))).isGreaterThan(0);
            for (var layer : disks.layers(disk)) assertThat(layer).isRegularFile();
        }
        // What a running one sees of its layers it has there too.
        assertThat(disks.own())
                .filteredOn(n -> !n.startsWith("layer."))
                .containsExactlyInAnyOrder(
                        String.valueOf(disks.active("vdb").getFileName()),
                        String.valueOf(disks.active("vdc").getFileName()));
    }

    /** What is listed, what is on the disk and what runs is one and the same. */
    private static void everythingAgrees() throws IOException {
        var vms = HOME.vms();
        assertThat(vms).extracting(VmInfo::name).contains(KEPT);
        assertThat(vms).extracting(VmInfo::state).isSubsetOf("created", "stopped", "running", "suspended");
        var ids = new HashSet<>(vms.stream().map(VmInfo::id).toList());
        assertThat(Trees.names(HOME.state().resolve("vms"))).containsExactlyInAnyOrderElementsOf(ids);
        for (var vm : vms)
            itsDisksAreThereAndNoOthers(HOME.state().resolve("vms").resolve(vm.id()));
        var running = Set.copyOf(vms.stream()
                .filter(v -> v.state().equals("running"))
                .map(VmInfo::id)
                .toList());
        assertThat(Trees.names(HOME.state().resolve("run/vms"))).isSubsetOf(running);
        Wait.until(
                () -> "one VMM for each of " + running + ": " + HOME.vmms(),
                java.time.Duration.ofSeconds(15),
                () -> HOME.vmms().stream()
                        .map(Processes.Seen::cwd)
                        .sorted()
                        .toList()
                        .equals(running.stream()
                                .map(id ->
                                        HOME.state().resolve("vms").resolve(id).toString())
                                .sorted()
                                .toList()));
    }
}
