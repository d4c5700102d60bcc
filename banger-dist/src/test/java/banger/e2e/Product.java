package banger.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The assembled product of this checkout. */
final class Product {
    private Product() {}

    static Path checkout() {
        return Path.of(System.getProperty("banger.checkout"));
    }

    /** One build's own directory; {@code build/current} may move on while tests run. */
    static Path directory() {
        try {
            return checkout().resolve("build/current").toRealPath();
        } catch (IOException e) {
            throw new UncheckedIOException("nothing is assembled: ./mvnw package", e);
        }
    }

    static Path launcher() {
        return directory().resolve("bin/banger");
    }

    static boolean isBuilt() {
        return Files.exists(checkout().resolve("build/current"));
    }
}
