package banger.e2e;

import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The release on an emulated host with working KVM, as an ordinary user types it. */
@Tag("vm")
class LabTest {
    private static Lab lab;

    @BeforeAll
    static void begin() throws IOException {
        assumeTrue(!System.getProperty("lab", "").isEmpty(), "takes an hour and a quiet machine: make lab");
        System.out.println("lab: to run: " + String.join(", ", wanted()));
        long began = System.nanoTime();
        lab = Lab.begin();
        System.out.printf("lab: usable after %.1f s%n", (System.nanoTime() - began) / 1e9);
        LabRelease.putInto(lab);
        System.out.printf("lab: release in it after %.1f s%n", (System.nanoTime() - began) / 1e9);
        var firecracker = LabFirecracker.find();
        if (firecracker.isPresent()) LabFirecracker.putInto(lab, firecracker.get());
    }

    @AfterAll
    static void end() throws IOException {
        if (lab != null) lab.close();
    }

    static final List<String> ALL = List.of(
            "engines",
            "run",
            "lifecycle",
            "workspace",
            "confinement",
            "bound",
            "jailer",
            "suspend",
            "endings",
            "pair",
            "restores",
            "warm",
            "environment",
            "clock",
            "hostile",
            "flood",
            "fulldisk",
            "contract",
            "figures");

    /** The system property {@code lab} names some, or all; without it there is no lab. */
    private static List<String> wanted() {
        var names = System.getProperty("lab", "");
        return names.isEmpty() || names.equals("all") ? ALL : List.of(names.split(","));
    }

    /** The property {@code lab.engines} names the one to try alone. */
    private static Stream<String> scenarios(String engine) {
        if (!List.of(System.getProperty("lab.engines", "qemu,firecracker").split(","))
                .contains(engine)) return Stream.empty();
        return wanted().stream()
                .filter(n -> !n.equals("contract"))
                .filter(n -> LabScenario.read(n).meantFor(engine));
    }

    static Stream<String> ofQemu() {
        return scenarios("qemu");
    }

    static Stream<String> ofFirecracker() {
        return scenarios("firecracker");
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("ofQemu")
    void underQemuWithKvm(String name) throws IOException {
        run(LabScenario.read(name), "qemu");
    }

    @ParameterizedTest(allowZeroInvocations = true)
    @MethodSource("ofFirecracker")
    void underFirecracker(String name) throws IOException {
        assumeTrue(LabFirecracker.find().isPresent(), LabFirecracker.MISSING);
        if (name.equals("jailer")) assumeTrue(LabFirecracker.jailer().isPresent(), LabFirecracker.NO_JAILER);
        run(LabScenario.read(name), "firecracker");
    }

    @Test
    void theContractOfEngines() throws IOException {
        assumeTrue(wanted().contains("contract"), "not asked for: -Dlab=contract");
        assumeTrue(LabFirecracker.find().isPresent(), LabFirecracker.MISSING);
        var ended = LabContract.run(lab, "banger.daemon.engine.firecracker.RealFirecrackerTest");
        System.out.println(ended.out().lines().map(l -> "lab: contract: " + l).collect(joining("\n")));
        ended.ok();
        LabLeaks.check(lab);
    }

    private static void run(LabScenario scenario, String engine) {
        try {
            scenario.run(lab, engine);
        } catch (AssertionError e) {
            System.err.println(LabLeaks.evidence(lab));
            LabLeaks.clear(lab);
            throw e;
        }
        LabLeaks.check(lab);
    }
}
