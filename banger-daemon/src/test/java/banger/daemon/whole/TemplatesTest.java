package banger.daemon.whole;

import static org.assertj.core.api.Assertions.assertThat;

import banger.api.ErrorCode;
import banger.api.model.BuildTemplate;
import banger.api.model.CreateVm;
import banger.api.model.TemplateInfo;
import banger.api.model.VmInfo;
import banger.daemon.engine.FakeGuest;
import banger.daemon.engine.FakeHypervisor.Boot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Templates through the real API, with made-up machines. */
@Tag("slow")
class TemplatesTest extends WholeDaemon {
    private static final String WARM_START = "ready in {took} (from template)";

    private TemplateInfo build() {
        return build(64L << 20);
    }

    private TemplateInfo build(long overlayBytes) {
        return daemon.client()
                .operation(
                        "POST",
                        "/v1/templates",
                        BuildTemplate.class,
                        new BuildTemplate(null, null, null, overlayBytes, null, true),
                        TemplateInfo.class,
                        e -> said.add("" + e.text()));
    }

    private TemplateInfo remove(String id) {
        return daemon.client().operation("DELETE", "/v1/templates/" + id, TemplateInfo.class, e -> {});
    }

    private List<TemplateInfo> templates() {
        return daemon.client().list("/v1/templates", TemplateInfo.class);
    }

    private VmInfo boot(String name, @Nullable String how) {
        said.clear();
        return create(new CreateVm(name, null, null, null, null, null, false, null, true, false, false, how, null));
    }

    private void automatic() throws IOException {
        daemon.close();
        daemon = new Whole(home, blanks, engine, "auto");
    }

    private Path at(TemplateInfo template) {
        return daemon.layout().templates().resolve(template.digest());
    }

    /** What is written at the beginning of a VM's overlay. */
    private boolean fromTemplate(String vm) throws IOException {
        var written = FakeGuest.WRITTEN.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        try (var disk = Files.newInputStream(
                daemon.layout().vms().resolve(show(vm).id()).resolve("vdb"))) {
            return java.util.Arrays.equals(disk.readNBytes(written.length), written);
        }
    }

    private List<String> filesOf(String vm) throws IOException {
        try (var all = Files.list(daemon.layout().vms().resolve(show(vm).id()))) {
            return all.map(p -> p.getFileName().toString()).toList();
        }
    }

    @AfterEach
    void noTemplateIsHalfMade() throws IOException {
        if (!Files.exists(daemon.layout().templates())) return;
        try (var all = Files.list(daemon.layout().templates())) {
            assertThat(all.map(p -> p.getFileName().toString())).allMatch(n -> n.matches("[0-9a-f]{64}"));
        }
    }

    @Test
    void theFirstBootsAndTheNextDoesNot() throws IOException {
        automatic();
        assertThat(boot("one", null).boot()).isEqualTo("cold (no template)");
        assertThat(said).contains("template: made in the background; the next VM like this does not boot");
        until(() -> templates().size() == 1);
        assertThat(boot("two", null).boot()).isEqualTo("warm");
        assertThat(said).contains(WARM_START);
        assertThat(fromTemplate("two")).isTrue();
        assertThat(guest("two").configurations()).isEqualTo(1);
        assertThat(templates().getFirst().usedAt())
                .isNotEqualTo(templates().getFirst().createdAt());
        daemon = daemon.restarted();
        assertThat(show("two").boot()).isEqualTo("warm");
        assertThat(boot("three", null).boot()).isEqualTo("warm");
        assertThat(said).noneMatch(s -> s.startsWith("template: made"));
    }

    @Test
    void madeByHandOnlyWhenThatIsAllThatIsWanted() {
        assertThat(boot("one", null).boot()).isEqualTo("cold (no template)");
        assertThat(said).noneMatch(s -> s.contains("template:"));
        assertThat(templates()).isEmpty();
        var made = build();
        assertThat(said).contains("settling", "shrinking", "saving");
        assertThat(templates()).extracting(TemplateInfo::digest).containsExactly(made.digest());
        assertThat(boot("two", null).boot()).isEqualTo("warm");
    }

    @Test
    void offMeansOff() throws IOException {
        build();
        daemon.close();
        daemon = new Whole(home, blanks, engine, "off");
        assertThat(boot("one", null).boot()).isEqualTo("cold");
        assertThat(boot("two", "warm").boot()).isEqualTo("warm");
    }

    @Test
    void coldAndWarmAreForced() {
        fails(
                () -> boot("one", "warm"),
                ErrorCode.TEMPLATE_NOT_FOUND,
                "vm one: cannot continue from a template: no template");
        assertThat(list()).isEmpty();
        assertThat(engine.running()).isZero();
        assertThat(daemon.network.attached).isEmpty();
        build();
        assertThat(boot("one", "cold").boot()).isEqualTo("cold");
        assertThat(boot("two", "warm").boot()).isEqualTo("warm");
        fails(() -> boot("three", "tepid"), ErrorCode.USAGE, "boot tepid: must be one of auto, cold, warm");
    }

    private void bootsColdOnFreshDisks(String why) throws IOException {
        var vm = boot("box", null);
        assertThat(vm.state()).isEqualTo("running");
        assertThat(vm.boot()).startsWith("cold (").contains(why);
        assertThat(said.stream().filter(s -> s.startsWith("boot: cold (")))
                .singleElement()
                .asString()
                .contains(why);
        assertThat(fromTemplate("box")).isFalse();
        assertThat(filesOf("box")).contains("vdb", "vdc").noneMatch(f -> f.endsWith(".new"));
        assertThat(engine.running()).isEqualTo(1);
        assertThat(guest("box").configurations()).isEqualTo(1);
        exec("cat").close();
    }

    @Test
    void aVmmThatDoesNotLoadIsSaidAndItBoots() throws IOException {
        build();
        engine.plan(Boot.REFUSED);
        bootsColdOnFreshDisks("FAKE did not start: no luck");
        assertThat(boot("next", null).boot()).isEqualTo("warm");
    }

    @Test
    void aGuestThatIsSilentAfterTheLoadIsEndedAndItBoots() throws IOException {
        build();
        engine.plan(Boot.DEAF);
        bootsColdOnFreshDisks("the guest did not answer within 0.7 s");
    }

    @Test
    void aGuestThatTakesNoConfigurationIsEndedAndItBoots() throws IOException {
        build();
        engine.plan(Boot.STUBBORN);
        bootsColdOnFreshDisks("nothing");
    }

    @Test
    void forcedToContinueItFailsAndNothingIsLeft() {
        build();
        engine.plan(Boot.STUBBORN);
        fails(() -> boot("box", "warm"), ErrorCode.TEMPLATE_NOT_FOUND, "cannot continue from a template");
        assertThat(list()).isEmpty();
        assertThat(engine.running()).isZero();
    }

    @Test
    void aDamagedOneIsSaidOnceRemovedAndMadeAgain() throws IOException {
        var made = build();
        for (var part : List.of("memory", "state", "overlay")) {
            var file = at(made).resolve(part);
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
            Files.writeString(file, "what");
            bootsColdOnFreshDisks("template damaged: " + part + " changed");
            assertThat(templates()).isEmpty();
            assertThat(at(made)).doesNotExist();
            delete("box");
            assertThat(boot("box", null).boot()).isEqualTo("cold (no template)");
            assertThat(said).noneMatch(s -> s.startsWith("boot: cold"));
            delete("box");
            made = build();
            assertThat(boot("box", null).boot()).isEqualTo("warm");
            delete("box");
        }
    }

    @Test
    void anotherHostMakesAnother() {
        var made = build();
        engine.become("fake 2");
        assertThat(boot("box", null).boot()).isEqualTo("cold (no template)");
        assertThat(build().digest()).isNotEqualTo(made.digest());
        assertThat(templates()).hasSize(2);
        engine.become("fake 1");
        assertThat(boot("next", null).boot()).isEqualTo("warm");
    }

    @Test
    void removedVmsFromItRunOn() throws IOException {
        var made = build();
        boot("box", null);
        remove(made.digest());
        assertThat(templates()).isEmpty();
        exec("cat").close();
        daemon = daemon.restarted();
        exec("cat").close();
        assertThat(boot("next", null).boot()).isEqualTo("cold (no template)");
    }

    @Test
    void removedItIsMadeAgainAfterTheNextBoot() throws IOException {
        automatic();
        boot("one", null);
        until(() -> templates().size() == 1);
        remove(templates().getFirst().digest());
        assertThat(boot("two", null).boot()).isEqualTo("cold (no template)");
        until(() -> templates().size() == 1);
        assertThat(boot("three", null).boot()).isEqualTo("warm");
    }

    @Test
    void itsOverlayFitsItsOwnAndBiggerOnes() throws IOException {
        build(128L << 20);
        assertThat(boot("small", null).boot()).isEqualTo("cold (its overlay is smaller than the template's)");
        assertThat(said).noneMatch(s -> s.startsWith("boot: cold"));
        var big = create(
                new CreateVm("big", null, null, null, null, 256L << 20, false, null, true, false, false, null, null));
        assertThat(big.boot()).isEqualTo("warm");
        assertThat(daemon.layout().vms().resolve(big.id()).resolve("vdb")).hasSize(256L << 20);
    }

    @Test
    void aVmThatBootedBeforeNeverContinuesFromOne() {
        boot("box", null);
        stop("box");
        build();
        start("box");
        assertThat(show("box").boot()).isEqualTo("cold");
        // One that was made and never started does.
        create(request("idle", false, false));
        start("idle");
        assertThat(show("idle").boot()).isEqualTo("warm");
        stop("idle");
        start("idle");
        assertThat(show("idle").boot()).isEqualTo("cold");
    }

    @Test
    void whatCameFromOneIsAVmLikeAny() throws IOException {
        build();
        boot("box", null);
        daemon.client().operation("POST", "/v1/vms/box/suspend", VmInfo.class, e -> {});
        assertThat(show("box").state()).isEqualTo("suspended");
        assertThat(start("box").boot()).isEqualTo("resumed");
        exec("cat").close();
        guest("box").end(banger.daemon.engine.MachineExit.Cause.RESET, "status 0");
        until(() -> show("box").boot().equals("cold"));
        assertThat(fromTemplate("box")).isTrue();
    }

    @Test
    void manyContinueFromOneAtOnce() throws Exception {
        build();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var all = new ArrayList<Future<VmInfo>>();
            for (int i = 0; i < 12; i++) all.add(threads.submit(() -> create(request(null, true, false))));
            for (var one : all) assertThat(one.get().boot()).isEqualTo("warm");
        }
        assertThat(engine.running()).isEqualTo(12);
    }

    /** Whoever starts meanwhile gets the old one or the new one, never some of each. */
    @Test
    void madeAgainWhileOthersContinueFromIt() throws Exception {
        build();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var all = new ArrayList<Future<VmInfo>>();
            for (int i = 0; i < 8; i++) all.add(threads.submit(() -> create(request(null, true, false))));
            var again = threads.submit(() -> build());
            for (var one : all) assertThat(one.get().boot()).isEqualTo("warm");
            again.get();
        }
        assertThat(templates()).hasSize(1);
    }

    @Test
    void twoBuildsAtOnceAreOneAfterTheOther() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var one = threads.submit(() -> build());
            var two = threads.submit(() -> build());
            assertThat(one.get().digest()).isEqualTo(two.get().digest());
        }
        assertThat(templates()).hasSize(1);
        assertThat(engine.running()).isZero();
    }

    @Test
    void aBuildThatFailsLeavesNothing() {
        engine.plan(Boot.REFUSED, Boot.DIES, Boot.STUBBORN);
        for (var why : List.of(
                "could not be made: FAKE did not start: no luck",
                "could not be made: the VMM ended while its guest booted (status 1: out of paper)",
                "could not be made: nothing")) {
            fails(this::build, ErrorCode.TEMPLATE_FAILED, why);
            assertThat(engine.running()).isZero();
            assertThat(daemon.network.attached).isEmpty();
        }
        assertThat(templates()).isEmpty();
    }

    @Test
    void oneThatIsMadeInTheBackgroundGoesWithItsDaemon() throws IOException {
        automatic();
        boot("one", null);
        engine.plan(Boot.SILENT);
        until(() -> engine.running() == 2);
        daemon.close();
        assertThat(engine.running()).isEqualTo(1);
        daemon = new Whole(home, blanks, engine, "auto");
        assertThat(templates()).isEmpty();
        assertThat(daemon.network.attached).isEmpty();
    }

    @Test
    void whatADeadDaemonLeftIsSwept() throws IOException {
        var made = build();
        daemon.close();
        var left = daemon.layout().templates().resolve(".making-0123456789ab");
        Files.createDirectories(left.resolve("saved"));
        Files.writeString(left.resolve("saved/memory"), "half");
        daemon = new Whole(home, blanks, engine);
        assertThat(left).doesNotExist();
        assertThat(templates()).extracting(TemplateInfo::digest).containsExactly(made.digest());
    }

    @Test
    void oneIsNamedByTheBeginningOfItsDigest() {
        var made = build();
        for (var wrong : List.of("abc", "zzzz", "0".repeat(64), made.digest().substring(0, 3)))
            fails(() -> remove(wrong), ErrorCode.TEMPLATE_NOT_FOUND, "no template " + wrong);
        assertThat(remove(made.digest().substring(0, 4)).digest()).isEqualTo(made.digest());
        fails(() -> remove(made.digest()), ErrorCode.TEMPLATE_NOT_FOUND, "no template");
    }
}
