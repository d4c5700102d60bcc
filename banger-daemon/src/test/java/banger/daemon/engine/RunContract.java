package banger.daemon.engine;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs test classes without Maven, where there is none: in the lab. Says how each test ended; the status is 1 unless all passed. */
public final class RunContract {
    private static final class Told implements TestExecutionListener {
        private final AtomicInteger passed = new AtomicInteger();
        private final AtomicInteger others = new AtomicInteger();

        @Override
        public void executionSkipped(TestIdentifier test, String reason) {
            others.incrementAndGet();
            System.out.println("skipped: " + test.getDisplayName() + ": " + reason);
        }

        @Override
        public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            if (result.getStatus() == TestExecutionResult.Status.SUCCESSFUL) {
                if (!test.isTest()) return;
                passed.incrementAndGet();
                System.out.println("ok: " + test.getDisplayName());
                return;
            }
            others.incrementAndGet();
            System.out.println(result.getStatus() + ": " + test.getDisplayName());
            result.getThrowable().ifPresent(t -> t.printStackTrace(System.out));
        }
    }

    private RunContract() {}

    public static void main(String[] classes) {
        var told = new Told();
        var request = LauncherDiscoveryRequestBuilder.request()
                .selectors(Arrays.stream(classes).map(c -> selectClass(c)).toList())
                .build();
        LauncherFactory.create().execute(request, told);
        System.out.println(told.passed + " passed, " + told.others + " did not");
        System.exit(told.passed.get() > 0 && told.others.get() == 0 ? 0 : 1);
    }
}
