package banger.daemon.engine;

import banger.daemon.guest.Control;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The made-up engine keeps the contract, or what is tested with it means nothing. */
@Timeout(60)
class FakeHypervisorTest extends RecordedMachineContract {
    @TempDir
    Path directory;

    private final FakeHypervisor engine = new FakeHypervisor();

    @Override
    protected Hypervisor engine() {
        return engine;
    }

    @Override
    protected BootSpec spec(Control.Listener listener) {
        return new BootSpec(
                "box",
                directory,
                List.of(),
                "",
                1,
                256,
                "02:00:00:00:00:01",
                3,
                BootSpec.Placement.PLAIN,
                "off",
                listener);
    }

    @Override
    protected byte[] configuration() {
        return new byte[0];
    }

    @Override
    protected void breakNextBoot() {
        engine.plan(FakeHypervisor.Boot.REFUSED);
    }
}
