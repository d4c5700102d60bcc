package banger.e2e;

import banger.daemon.publish.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.opentest4j.TestAbortedException;

/** How the lab's machine is made, saved, and put back for its next use. */
final class LabRecipe {
    /** As root, once. The user may run VMs: she is in the group that owns /dev/kvm. */
    private static final String SETUP = """
            set -eu
            case $(grep -m1 -ow 'svm\\|vmx' /proc/cpuinfo) in vmx) kvm=kvm-intel ;; *) kvm=kvm-amd ;; esac
            printf '%s\\ntun\\n' $kvm > /etc/modules-load.d/lab.conf
            groupadd -rf kvm
            useradd -m -s /bin/bash -G kvm ann
            grep -q '^ann:' /etc/subuid
            mkdir -p /opt/banger
            install -d -o ann -g ann /home/ann/.local /home/ann/.local/state /home/ann/.cache
            for home in /root /home/ann; do
                mkdir -p $home/.config/banger
                echo 'templates = "manual"' > $home/.config/banger/config.toml
            done
            chown -R ann:ann /home/ann/.config
            sudo -u ann git config --global user.name Ann
            sudo -u ann git config --global user.email ann@example.org
            """;

    /**
     * One processor. With two, QEMU 7.2 emulates each on a thread of its own, and one was seen to execute for ever an instruction
     * that the other had long since replaced: KVM rewrites the scheduler's code whenever it makes or ends a machine.
     */
    private static final List<String> SHAPE = List.of("--vcpu", "1", "--memory", "2G");

    private static final List<String> PARTS = List.of("banger.db", "banger.db-wal", "vms");

    private LabRecipe() {}

    /** Named after what is in the machine. Whether its saved memory fits today's build is for that build to say. */
    static Path place() throws IOException {
        var guest = Sha256.of(Product.directory().resolve("libexec/banger-guest"));
        var key = Sha256.of(imageKey() + guest + SETUP + SHAPE + Prepared.key());
        return Prepared.cache().resolve("lab-" + key.substring(0, 10));
    }

    private static String imageKey() throws IOException {
        return Sha256.of(LabImage.RECIPE + Prepared.key("image")).substring(0, 10);
    }

    /** The machine as it was saved; there only when it is whole. */
    static Path pristine(Path place) {
        return place.resolve("pristine");
    }

    static void make(Lab lab) throws IOException {
        var place = lab.home().path();
        forgetOthers(place);
        Trees.delete(pristine(place));
        Trees.delete(place.resolve("state"));
        if (!Files.exists(place.resolve("cache"), LinkOption.NOFOLLOW_LINKS))
            Files.createSymbolicLink(place.resolve("cache"), Prepared.downloads());
        var image = LabImage.in(Prepared.cache().resolve("labimage-" + imageKey()));
        var home = lab.home();
        home.begin();
        home.run("image", "register", "--name", "lab", "--rootfs", image.toString())
                .ok();
        var create = new ArrayList<>(List.of("vm", "create", "--name", Lab.VM, "--image", "lab", "--engine", "qemu"));
        create.addAll(SHAPE);
        home.banger(create).within(Duration.ofMinutes(15)).run().ok();
        home.awaitInit(Lab.VM);
        // Emulated it does; under KVM that is for whoever set up this host to say.
        if (lab.type("root", List.of(), "grep -qw 'svm\\|vmx' /proc/cpuinfo").status() != 0)
            throw new TestAbortedException("KVM of this machine does not nest, so no KVM works inside a VM of it");
        lab.root(SETUP);
        fill(lab);
        // Started again, so that none of this is in the memory that is saved.
        home.run("vm", "restart", Lab.VM).ok();
        home.awaitInit(Lab.VM);
        lab.root("systemctl is-system-running --wait; test -w /dev/kvm && test -c /dev/net/tun");
        home.run("vm", "suspend", Lab.VM).ok();
        home.end();
        keep(place);
    }

    /** The user's kernel and image, as if banger had been here for long. */
    private static void fill(Lab lab) throws IOException {
        var copy = Prepared.place().resolve("bl-" + ProcessHandle.current().pid());
        try {
            Prepared.copyInto(copy);
            var state = copy.resolve("state");
            Prepared.move(state.resolve("banger.db"), state, Path.of("/home/ann/.local/state/banger"));
            var tar = copy.resolve("state.tar");
            new Program(
                            List.of(
                                    "sh",
                                    "-c",
                                    // 1: another test made a link to one of the files while it was read.
                                    "\"$@\" || [ $? = 1 ]",
                                    "sh",
                                    "tar",
                                    "-C",
                                    copy.toString(),
                                    "--owner=ann:1000",
                                    "--group=ann:1000",
                                    "--sparse",
                                    "-cf",
                                    tar.toString(),
                                    "--transform",
                                    "s,^state,banger,",
                                    "state"),
                            lab.home().environment())
                    .run()
                    .ok();
            lab.send(tar, "tar -C /home/ann/.local/state -xf -");
        } finally {
            Trees.delete(copy);
        }
        LabRelease.putInto(lab);
        // Hashes what came and makes what only a first use makes.
        var typed = lab.type(
                Lab.USER,
                LabScenario.environment("qemu"),
                "banger vm create --no-start --name first --image debian-minimal && banger vm delete first && banger daemon stop");
        typed.ok();
        LabRelease.removeFrom(lab);
        lab.root("sync");
    }

    private static void keep(Path place) throws IOException {
        var fresh = place.resolve("pristine.new");
        Trees.delete(fresh);
        Files.createDirectories(fresh);
        copy(place.resolve("state"), fresh);
        Files.move(fresh, pristine(place), StandardCopyOption.ATOMIC_MOVE);
    }

    /** As it was when it was saved, whatever happened to it since. */
    static void putBack(Path place) throws IOException {
        var state = place.resolve("state");
        for (var name : List.of("banger.db", "banger.db-wal", "banger.db-shm", "vms", "run"))
            Trees.delete(state.resolve(name));
        copy(pristine(place), state);
    }

    private static void copy(Path from, Path to) throws IOException {
        for (var name : PARTS)
            if (Files.exists(from.resolve(name)))
                new Program(
                                List.of(
                                        "cp",
                                        "-a",
                                        "--sparse=always",
                                        from.resolve(name).toString(),
                                        to.toString()),
                                new Home(to).environment())
                        .run()
                        .ok();
    }

    private static void forgetOthers(Path place) throws IOException {
        try (var others = Files.newDirectoryStream(Prepared.cache(), "lab-*")) {
            for (var other : others) if (!other.equals(place) && Prepared.unusedForLong(other)) Trees.delete(other);
        }
    }
}
