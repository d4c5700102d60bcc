package banger.e2e;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The release on an emulated host with working KVM, as an ordinary user types it. */
@Tag("vm")
class LabTest {
    private static Lab lab;

    @BeforeAll
    static void begin() throws IOException {
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

    @ParameterizedTest
    @ValueSource(strings = {"engines", "run", "lifecycle", "workspace"})
    void underQemuWithKvm(String name) throws IOException {
        run(LabScenario.read(name), "qemu");
    }

    @ParameterizedTest
    @ValueSource(strings = {"run", "lifecycle", "workspace"})
    void underFirecracker(String name) throws IOException {
        assumeTrue(LabFirecracker.find().isPresent(), LabFirecracker.MISSING);
        run(LabScenario.read(name), "firecracker");
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
