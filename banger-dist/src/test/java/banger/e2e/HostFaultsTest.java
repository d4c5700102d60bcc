package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import banger.daemon.ops.Failpoint;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A host that does not do its part: broken tools, a VMM that dies or hangs, a damaged disk, no room. */
@Tag("vm")
class HostFaultsTest {
    @RegisterExtension
    static final TestHome HOME = TestHome.prepared();

    @AfterEach
    void delete() {
        HOME.deleteAll();
        HOME.run("daemon", "stop").ok();
        HOME.settings("");
    }

    /** A program in place of QEMU. */
    private static void qemu(String script) throws IOException {
        var program = HOME.path().resolve("qemu");
        Files.writeString(
                program,
                "#!/bin/sh\n[ \"$1\" != --version ] || { echo QEMU emulator version 7.2.22; exit 0; }\n" + script
                        + "\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setPosixFilePermissions(HOME.path(), PosixFilePermissions.fromString("rwxr-xr-x"));
        HOME.settings("qemu_bin = \"" + program + "\"\n");
    }

    @Test
    void aVmmThatRefusesIsQuotedAndNothingIsLeft() throws Exception {
        qemu("echo 'qemu: no \033[31mluck today' >&2; exit 3");
        var ended = HOME.create("--name", "box").expect(1);
        assertThat(ended.err())
                .contains("error: vm box: QEMU did not start: ", "luck today")
                .doesNotContain("\033", "Exception");
        assertThat(HOME.vms()).isEmpty();
        // One that exists already is kept, and says why it does not run.
        HOME.create("--no-start", "--name", "box").ok();
        HOME.run("vm", "start", "box").expect(1);
        assertThat(HOME.vm("box").state()).isEqualTo("error");
        assertThat(HOME.vm("box").lastError()).contains("luck today");
    }

    @Test
    void aVmmThatHangsIsGivenUp() throws Exception {
        qemu("exec sleep 1000");
        var ended = HOME.create("--name", "box").expect(1);
        assertThat(ended.err()).contains("error: vm box: QEMU did not start: it made no socket");
        assertThat(HOME.vms()).isEmpty();
    }

    @Test
    void aVmmThatHangsIsLeftByCtrlC() throws Exception {
        qemu("exec sleep 1000");
        try (var running = HOME.banger("vm", "create", "--image", Prepared.IMAGE, "--name", "box")
                .start()) {
            Wait.until(
                    "it starts",
                    () -> HOME.daemonAnswers()
                            && HOME.vms().stream().anyMatch(v -> v.state().equals("starting")));
            running.signal("INT");
            assertThat(running.await().status()).isNotZero();
        }
        Wait.until("nothing is left", () -> HOME.vms().isEmpty());
    }

    @Test
    void aMissingVmmIsNamed() {
        HOME.settings("qemu_bin = \"/no/such/qemu\"\n");
        var ended = HOME.create("--name", "box").expect(1);
        assertThat(ended.err()).startsWith("error: ").contains("/no/such/qemu").doesNotContain("Exception");
        assertThat(HOME.vms()).isEmpty();
    }

    @Test
    void aGuestThatCannotStartIsKeptForALookWithItsConsole() throws Exception {
        HOME.create("--no-start", "--name", "box").ok();
        var disk = HOME.state().resolve("vms").resolve(HOME.vm("box").id()).resolve("vdb");
        try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.write(new byte[1 << 20]);
        }
        var ended = HOME.run("vm", "start", "box").expect(1);
        assertThat(ended.err())
                .contains("error: vm box: ", "banger vm logs box; banger vm delete box")
                .doesNotContain("Exception");
        assertThat(HOME.vm("box").state()).isEqualTo("error");
        HOME.run("vm", "logs", "box").ok();
    }

    @Test
    void aDiskThatIsShorterThanItWasIsSaid() throws Exception {
        HOME.create("--no-start", "--name", "box", "--disk-size", "256M").ok();
        var disk = HOME.state().resolve("vms").resolve(HOME.vm("box").id()).resolve("vdc");
        try (var file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(64 << 20);
        }
        assertThat(HOME.run("vm", "start", "box").expect(1).err())
                .contains("/dev/vdc has 67108864 bytes where the host says 268435456", "banger vm delete box")
                .doesNotContain("Exception");
        assertThat(HOME.vm("box").state()).isEqualTo("error");
    }

    @Test
    void aDamagedImageIsNoticedBeforeItIsUsed() throws Exception {
        Path image;
        try (var files = Files.walk(HOME.state().resolve("images"))) {
            image = files.filter(f -> f.toString().endsWith(".ext4"))
                    .findFirst()
                    .orElseThrow();
        }
        // Not the file itself: it is a link to the one that all tests share.
        var good = Files.move(image, HOME.path().resolve("good.ext4"));
        try {
            Files.write(image, new byte[1 << 20]);
            var ended = HOME.create("--name", "box").expect(1);
            assertThat(ended.err())
                    .startsWith("error: image debian-minimal: ")
                    .contains("is no longer the file it was", "banger image pull --force debian-minimal");
            Files.delete(image);
            assertThat(HOME.create("--name", "box").expect(1).err()).contains("is no longer there");
        } finally {
            Files.deleteIfExists(image);
            Files.move(good, image);
        }
        HOME.create("--no-start", "--name", "box").ok();
    }

    @Test
    void aRunningVmWaitsForRoomAndADeleteNeedsNone() throws Exception {
        var ended = inSmallHome(96, """
                state() { $banger vm show box | sed -n 's/.*"state": "\\(.*\\)",/\\1/p'; }
                $banger vm run -d --image debian-minimal --memory 256M --vcpu 1 --name box || exit 92
                head -c 30000000 /dev/urandom | $banger vm exec box -- sh -c 'cat >/dev/shm/data'
                head -c 200000000 /dev/zero >$home/filler 2>/dev/null
                # Not for what is copied, but for what its init writes: no pause before the command has returned.
                truncate -s -10000000 $home/filler
                # One that waits for a command is told why nothing comes; its files lie on another disk.
                mkfifo ${home}-stdin
                $banger vm exec box -- sh -c 'echo begun; cat' <${home}-stdin >${home}-begun 2>${home}-told &
                exec 3>${home}-stdin
                until [ -s ${home}-begun ]; do :; done
                $banger vm exec box -- sh -c \
                    'setsid sh -c "cp /dev/shm/data /root/; sync; touch /run/copied" </dev/null >/dev/null 2>&1 &'
                until [ "$(state)" = paused ]; do :; done
                $banger vm exec box -- true
                echo "exec: $?"
                until grep paused ${home}-told; do :; done
                exec 3>&-
                $banger daemon stop
                echo "adopted: $(state)"
                $banger vm resume box
                echo "resume: $? $(state)"
                rm $home/filler
                $banger vm resume box
                $banger vm exec box -- sh -c \
                    'until [ -e /run/copied ]; do sleep 0.1; done; cmp /dev/shm/data /root/data' || exit 93
                head -c 200000000 /dev/zero >$home/filler 2>/dev/null
                $banger vm delete box
                echo "delete: $?"
                ls $home/state/vms
                """);
        assertThat(ended.out())
                .isEqualTo(
                        "exec: 125\nwarning: vm box: is paused: the disk of this host is full, its guest waits for room; make room, then banger vm resume box\n"
                                + "adopted: paused\nresume: 1 paused\ndelete: 0\n");
        assertThat(ended.err())
                .contains("error: vm box: is paused: the disk of this host is full, its guest waits for room")
                .contains("make room, then banger vm resume box")
                .contains("error: vm box: stays paused: the disk of this host is still full")
                .doesNotContain("clock")
                .doesNotContain("Exception");
    }

    @Test
    void aTapThatAnotherHoldsIsSaidAndNothingRuns() throws Exception {
        HOME.boot("box");
        assumeTrue(
                HOME.vm("box").network().equals("user"),
                () -> "no network: " + HOME.vm("box").network());
        HOME.run("vm", "kill", "box").ok();
        var tap = "bgr" + HOME.vm("box").id();
        var takers = new ArrayList<Running>();
        try {
            var ended = Held.at(HOME, Failpoint.START_NETWORK, () -> takers.add(taker(tap)), "vm", "start", "box");
            assertThat(ended.expect(1).err())
                    .contains("error: vm box: ", tap + ": another process holds this tap")
                    .doesNotContain("Exception");
            assertThat(HOME.vmms()).isEmpty();
        } finally {
            takers.forEach(Running::close);
        }
        assertThat(HOME.vm("box").state()).isEqualTo("error");
        HOME.run("vm", "start", "box").ok();
        assertThat(HOME.exec("box", "cat", "/sys/class/net/eth0/carrier").ok().out())
                .isEqualTo("1\n");
    }

    /** A process of somebody's that has the tap open. */
    private static Running taker(String tap) {
        var helper = HOME.helpers().getFirst().pid();
        var running = new Program(
                        List.of(("nsenter --target " + helper + " --user --net --preserve-credentials "
                                        + "qemu-system-x86_64 -nodefaults -S -display none -netdev tap,id=n,ifname="
                                        + tap + ",script=no,downscript=no")
                                .split(" ")),
                        HOME.environment())
                .start();
        Wait.until("the tap is taken", () -> {
            if (!running.alive()) throw new AssertionError(running.await().toString());
            try (var infos = Files.newDirectoryStream(Path.of("/proc/" + running.pid() + "/fdinfo"))) {
                for (var info : infos) if (Files.readString(info).contains(tap)) return true;
                return false;
            } catch (IOException e) {
                return false; // a descriptor that was closed meanwhile
            }
        });
        return running;
    }

    /** The disk has room when the suspend begins, and none for the whole memory when it is written. */
    @Test
    void aDiskThatFillsWhileMemoryIsWrittenLetsTheVmRunOn() throws Exception {
        var ended = inSmallHome(400, """
                state() { $banger vm show box | sed -n 's/.*"state": "\\(.*\\)",/\\1/p'; }
                $banger daemon stop
                BANGER_DAEMON_FLAGS=-Dbanger.failpoints=true BANGER_FAILPOINT=SUSPEND_FROZEN \\
                    BANGER_FAILPOINT_HOLD=$home/held ${banger%bin/banger}libexec/bangerd >/dev/null 2>&1 &
                until [ -S $home/state/run/bangerd.sock ]; do :; done
                $banger vm run -d --image debian-minimal --memory 256M --vcpu 1 --name box || exit 92
                head -c 60000000 /dev/urandom | $banger vm exec box -- sh -c 'cat >/dev/shm/data'
                $banger vm suspend box &
                suspend=$!
                until [ -e $home/held ]; do :; done
                head -c 1000000000 /dev/zero >$home/filler 2>/dev/null
                truncate -s -20000000 $home/filler
                rm $home/held
                wait $suspend
                echo "suspend: $?, $(state)"
                find $home/state/vms -name 'saved*'
                $banger vm exec box -- stat -c %s /dev/shm/data
                rm $home/filler
                $banger vm suspend box 2>/dev/null
                echo "suspend: $?, $(state)"
                $banger vm start box 2>/dev/null
                $banger vm exec box -- stat -c %s /dev/shm/data
                $banger vm delete box 2>/dev/null
                """);
        assertThat(ended.out()).isEqualTo("suspend: 1, running\n60000000\nsuspend: 0, suspended\n60000000\n");
        assertThat(ended.err())
                .contains("error: vm box: could not be suspended: No space left on device; it runs on")
                .doesNotContain("Exception");
    }

    @Test
    void whatIsSavedBesideAVmNeedsRoomAndWithoutItNothingIsLeft() throws Exception {
        var ended = inSmallHome(80, """
                state() { $banger vm show box | sed -n 's/.*"state": "\\(.*\\)",/\\1/p'; }
                $banger vm run -d --image debian-minimal --memory 256M --vcpu 1 --name box || exit 92
                $banger vm snapshot box
                echo "snapshot: $? $(state)"
                $banger vm fork box
                echo "fork: $? $(state)"
                head -c 200000000 /dev/zero >$home/filler 2>/dev/null
                $banger vm snapshot --disks-only box
                echo "disks: $?"
                $banger template build --image debian-minimal --memory 256M --vcpu 1
                echo "template: $?"
                rm $home/filler
                # Its init may have wanted to write meanwhile.
                $banger vm resume box >/dev/null 2>&1
                $banger vm exec box -- true
                echo "exec: $?"
                find $home/state/templates $home/state/snapshots -type f
                $banger vm list -q
                $banger vm delete box
                """);
        assertThat(ended.out())
                .isEqualTo("snapshot: 1 running\nfork: 1 running\ndisks: 1\ntemplate: 1\nexec: 0\nbox\n");
        assertThat(ended.err())
                .contains("vm box: a copy needs up to ", "template debian-minimal, 1 vcpu, 256 MiB: ", "disk is full")
                .doesNotContain("Exception");
    }

    @Test
    void aFullDiskIsSaidAndNothingIsLeft() throws Exception {
        var ended = inSmallHome(3, """
                $banger vm list || exit 92
                head -c 10000000 /dev/zero >$home/filler 2>/dev/null
                $banger vm create --no-start --name full --image debian-minimal
                echo "create: $?"
                rm $home/filler
                $banger vm list -q
                ls $home/state/vms
                """);
        assertThat(ended.out()).isEqualTo("create: 1\n");
        assertThat(ended.err()).contains("disk is full", "make room").doesNotContain("Exception");
    }

    @Test
    void aDaemonStartsOnAFullDiskAndGivesRoomBack() throws Exception {
        var ended = inSmallHome(80, """
                $banger vm create --no-start --name box --image debian-minimal >/dev/null || exit 92
                $banger daemon stop
                [ -s $home/state/ballast ] || exit 93
                head -c 100000000 /dev/zero >$home/filler 2>/dev/null
                $banger vm list | grep -c box
                ls $home/state | grep ballast
                $banger vm delete box
                echo "delete: $?"
                rm $home/filler
                """);
        assertThat(ended.out()).isEqualTo("1\ndelete: 0\n");
        assertThat(ended.err()).doesNotContain("error:", "Exception");
    }

    /** In a mount namespace of its own: the small disk is gone with the last process in it. */
    private static Ended inSmallHome(int mebibytes, String script) throws IOException {
        assumeTrue(Files.getOwner(Path.of("/proc/self")).getName().equals("root"), "mounting a small disk takes root");
        var whole = """
                set -u
                home=$1 state=$2 banger=$3
                mkdir -p $home && mount -t tmpfs -o size=%dm tmpfs $home || exit 90
                mkdir -p $home/state && ln -s $state/images $state/kernels $home/state/ || exit 91
                cp $state/banger.db $home/state/
                mkdir $home/config && echo 'templates = "manual"' > $home/config/config.toml
                export BANGER_HOME=$home
                %s
                $banger daemon stop
                """.formatted(mebibytes, script);
        HOME.run("vm", "list").ok();
        HOME.run("daemon", "stop").ok();
        var words = new ArrayList<>(List.of("unshare", "--mount", "--propagation", "private", "sh", "-c", whole, "sh"));
        words.add(HOME.path().resolve("small").toString());
        words.add(HOME.state().toString());
        words.add(Product.launcher().toString());
        return new Program(words, HOME.environment()).run().ok();
    }
}
