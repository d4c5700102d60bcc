package banger.daemon.whole;

import static org.assertj.core.api.Assertions.assertThat;

import banger.api.ErrorCode;
import banger.api.model.CreateVm;
import banger.api.model.EnvironmentInfo;
import banger.api.model.EnvironmentSpec;
import banger.api.model.SaveEnvironment;
import banger.api.model.VmInfo;
import banger.daemon.engine.FakeHypervisor.Boot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Environments through the real API, with made-up machines. */
class EnvironmentsTest extends WholeDaemon {
    private static final String DIGEST = "ab".repeat(32);
    private static final EnvironmentSpec SPEC =
            new EnvironmentSpec("/home/sam/shop", "/root/shop", List.of("make deps"), List.of("lock"), DIGEST, false);

    private VmInfo run(String name, EnvironmentSpec spec) {
        return run(name, spec, false, null, null);
    }

    private VmInfo run(String name, EnvironmentSpec spec, boolean nat, @Nullable Long disk, @Nullable String boot) {
        said.clear();
        return create(new CreateVm(name, null, null, null, disk, null, nat, null, true, false, false, boot, spec));
    }

    private VmInfo save(String vm, boolean start) {
        return daemon.client()
                .operation(
                        "POST",
                        "/v1/vms/" + vm + "/environment",
                        SaveEnvironment.class,
                        new SaveEnvironment(start),
                        VmInfo.class,
                        e -> said.add("" + e.text()));
    }

    private EnvironmentInfo made() {
        run("maker", SPEC);
        save("maker", false);
        delete("maker");
        return environments().getFirst();
    }

    private List<EnvironmentInfo> environments() {
        return daemon.client().list("/v1/environments", EnvironmentInfo.class);
    }

    private Path at(EnvironmentInfo environment) {
        return daemon.layout().environments().resolve(environment.digest());
    }

    @AfterEach
    void nothingIsHalfMade() throws IOException {
        if (!Files.exists(daemon.layout().environments())) return;
        try (var all = Files.list(daemon.layout().environments())) {
            assertThat(all.map(p -> p.getFileName().toString())).allMatch(n -> n.matches("[0-9a-f]{64}"));
        }
    }

    @Test
    void theFirstIsSetUpAndTheNextContinues() throws IOException {
        var first = run("one", SPEC);
        assertThat(first.boot()).isEqualTo(EnvironmentSpec.SETUP);
        assertThat(said).contains("ready to be set up in {took} (cold boot)");
        assertThat(environments()).isEmpty();
        // What the command line and the setup leave on this host.
        var shadow = Files.createDirectories(
                daemon.layout().workspaces().resolve(first.id()).resolve("0123456789ab/shadow.git/refs"));
        Files.writeString(shadow.resolve("HEAD"), "ref");
        Files.createDirectories(daemon.layout().logs());
        Files.writeString(daemon.layout().setupLog(first.id()), "installed");

        var continued = save("one", true);
        assertThat(said).contains("settling", "shrinking", "saving", "ready in {took} (from environment)");
        assertThat(continued.id()).isEqualTo(first.id());
        assertThat(continued.state()).isEqualTo("running");
        assertThat(continued.boot()).isEqualTo(EnvironmentSpec.BOOT);
        assertThat(daemon.layout().setupLog(first.id())).doesNotExist();
        assertThat(shadow.resolve("HEAD")).hasContent("ref");

        var second = run("two", SPEC);
        assertThat(second.boot()).isEqualTo(EnvironmentSpec.BOOT);
        assertThat(daemon.layout().workspaces().resolve(second.id()).resolve("0123456789ab/shadow.git/refs/HEAD"))
                .hasContent("ref");
        var environment = environments().getFirst();
        assertThat(environment.setup()).containsExactly("make deps");
        assertThat(environment.files()).containsExactly("lock");
        assertThat(environment.repository()).isEqualTo("/home/sam/shop");
        assertThat(environment.nat()).isFalse();
        assertThat(Path.of(environment.log())).hasContent("installed");
        assertThat(environment.usedAt()).isNotEqualTo(environment.createdAt());
        daemon = daemon.restarted();
        assertThat(run("three", SPEC).boot()).isEqualTo(EnvironmentSpec.BOOT);
    }

    @Test
    void savedWithoutAStartTheVmIsAsNew() {
        run("one", SPEC);
        var saved = save("one", false);
        assertThat(saved.state()).isEqualTo("created");
        assertThat(engine.running()).isZero();
        assertThat(daemon.network.attached).isEmpty();
        assertThat(environments()).hasSize(1);
        assertThat(start("one").boot()).startsWith("cold");
    }

    @Test
    void whateverItDependsOnMakesAnother() {
        made();
        var s = SPEC;
        var list = List.of("x");
        for (var other : List.of(
                new EnvironmentSpec("/elsewhere", s.guestPath(), s.setup(), s.files(), s.digest(), false),
                new EnvironmentSpec(s.repository(), "/root/b", s.setup(), s.files(), s.digest(), false),
                new EnvironmentSpec(s.repository(), s.guestPath(), list, s.files(), s.digest(), false),
                new EnvironmentSpec(s.repository(), s.guestPath(), s.setup(), s.files(), "cd".repeat(32), false))) {
            assertThat(run("box", other).boot()).isEqualTo(EnvironmentSpec.SETUP);
            delete("box");
        }
        assertThat(run("box", SPEC, true, null, null).boot()).isEqualTo(EnvironmentSpec.SETUP);
        delete("box");
        engine.become("fake 2");
        assertThat(run("box", SPEC).boot()).isEqualTo(EnvironmentSpec.SETUP);
        assertThat(said).noneMatch(t -> t.startsWith("environment:"));
        engine.become("fake 1");
        assertThat(run("next", SPEC).boot()).isEqualTo(EnvironmentSpec.BOOT);
    }

    @Test
    void twoCommandsAreNotOneOfTwoLines() {
        var s = SPEC;
        var two = new EnvironmentSpec(s.repository(), s.guestPath(), List.of("a", "b"), s.files(), s.digest(), false);
        var one = new EnvironmentSpec(s.repository(), s.guestPath(), List.of("a\nb"), s.files(), s.digest(), false);
        run("maker", two);
        save("maker", false);
        assertThat(run("box", one).boot()).isEqualTo(EnvironmentSpec.SETUP);
        assertThat(run("next", two).boot()).isEqualTo(EnvironmentSpec.BOOT);
    }

    @Test
    void itsDisksFitItsOwnAndBiggerOnes() {
        run("maker", SPEC, false, 128L << 20, null);
        save("maker", false);
        assertThat(run("small", SPEC, false, 64L << 20, null).boot()).isEqualTo(EnvironmentSpec.SETUP);
        var big = run("big", SPEC, false, 256L << 20, null);
        assertThat(big.boot()).isEqualTo(EnvironmentSpec.BOOT);
        assertThat(daemon.layout().vms().resolve(big.id()).resolve("vdc")).hasSize(256L << 20);
    }

    @Test
    void madeAnewWhenAskedTo() {
        var old = made();
        var s = SPEC;
        var again = new EnvironmentSpec(s.repository(), s.guestPath(), s.setup(), s.files(), s.digest(), true);
        assertThat(run("box", again).boot()).isEqualTo(EnvironmentSpec.SETUP);
        assertThat(save("box", true).boot()).isEqualTo(EnvironmentSpec.BOOT);
        assertThat(environments()).singleElement().satisfies(e -> {
            assertThat(e.digest()).isEqualTo(old.digest());
            assertThat(e.createdAt()).isNotEqualTo(old.createdAt());
        });
    }

    @Test
    void aDamagedOneIsSaidRemovedAndSetUpAnew() throws IOException {
        for (var part : List.of("memory", "state", "overlay", "work", "workspaces")) {
            var file = at(made()).resolve(part);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
            Files.writeString(file, "what");
            assertThat(run("box", SPEC).boot()).isEqualTo(EnvironmentSpec.SETUP);
            assertThat(said).contains("environment: set up anew (environment damaged: " + part + " changed)");
            assertThat(environments()).isEmpty();
            delete("box");
        }
    }

    @Test
    void oneThatDoesNotContinueIsSetUpAnew() {
        made();
        engine.plan(Boot.DEAF);
        var vm = run("box", SPEC);
        assertThat(vm.boot()).isEqualTo(EnvironmentSpec.SETUP);
        assertThat(said).contains("environment: set up anew (the guest did not answer within 0.7 s)");
        assertThat(daemon.layout().workspaces().resolve(vm.id())).doesNotExist();
        assertThat(engine.running()).isEqualTo(1);
    }

    @Test
    void whatIsBeingSetUpIsNeitherSuspendedNorCopied() {
        run("box", SPEC);
        for (var what : List.of("suspend"))
            fails(
                    () -> daemon.client().operation("POST", "/v1/vms/box/" + what, VmInfo.class, e -> {}),
                    ErrorCode.VM_BUSY,
                    "vm box: was booted to become an environment, and cannot be suspended");
        assertThat(save("box", false).state()).isEqualTo("created");
    }

    @Test
    void onlyWhatWasBootedForItIsSaved() throws IOException {
        boot("box");
        fails(() -> save("box", true), ErrorCode.ENVIRONMENT_FAILED, "vm box: was not booted to become an environment");
        delete("box");
        create(request("box", false, false));
        fails(() -> save("box", true), ErrorCode.VM_NOT_RUNNING, "vm box: ");
        delete("box");
        run("box", SPEC);
        daemon = daemon.restarted();
        fails(() -> save("box", true), ErrorCode.ENVIRONMENT_FAILED, "or bangerd was restarted since");
        exec("cat").close();
        assertThat(environments()).isEmpty();
    }

    @Test
    void nonsenseIsRefusedBeforeAnythingIsMade() {
        var s = SPEC;
        var none = List.<String>of();
        for (var bad : List.of(
                new EnvironmentSpec("shop", s.guestPath(), s.setup(), s.files(), s.digest(), false),
                new EnvironmentSpec(s.repository(), "root", s.setup(), s.files(), s.digest(), false),
                new EnvironmentSpec(s.repository(), s.guestPath(), none, s.files(), s.digest(), false),
                new EnvironmentSpec(s.repository(), s.guestPath(), List.of(""), s.files(), s.digest(), false),
                new EnvironmentSpec(s.repository(), s.guestPath(), List.of("a\0b"), s.files(), s.digest(), false),
                new EnvironmentSpec(s.repository(), s.guestPath(), s.setup(), s.files(), "AB", false)))
            fails(() -> run("box", bad), ErrorCode.USAGE, "environment: ");
        fails(() -> run("box", SPEC, false, null, "cold"), ErrorCode.USAGE, "boot auto");
        fails(
                () -> create(new CreateVm(
                        "box", null, null, null, null, null, false, null, false, false, false, null, SPEC)),
                ErrorCode.USAGE,
                "an environment is for a VM that is started");
        assertThat(list()).isEmpty();
    }

    @Test
    void removedVmsFromItRunOn() throws IOException {
        var environment = made();
        run("box", SPEC);
        fails(
                () -> daemon.client().get("/v1/environments/0000", EnvironmentInfo.class),
                ErrorCode.ENVIRONMENT_NOT_FOUND,
                "no environment 0000");
        var path = "/v1/environments/" + environment.digest().substring(0, 8);
        assertThat(daemon.client().get(path, EnvironmentInfo.class).digest()).isEqualTo(environment.digest());
        daemon.client().operation("DELETE", path, EnvironmentInfo.class, e -> {});
        assertThat(environments()).isEmpty();
        exec("cat").close();
        assertThat(run("next", SPEC).boot()).isEqualTo(EnvironmentSpec.SETUP);
    }
}
