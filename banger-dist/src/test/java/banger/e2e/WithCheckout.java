package banger.e2e;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Tests with a repository of the host's, and VMs that are gone after each. */
abstract class WithCheckout {
    @RegisterExtension
    static final TestHome HOME = TestHome.prepared();

    @TempDir
    Path directory;

    Checkout repo;

    @BeforeEach
    void checkOut() throws Exception {
        repo = Checkout.in(directory);
    }

    @AfterEach
    void deleteAll() {
        HOME.deleteAll();
    }

    static Program run(String... words) {
        return Checkout.run(HOME, words);
    }
}
