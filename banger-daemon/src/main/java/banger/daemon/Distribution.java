package banger.daemon;

import java.nio.file.Path;

/** The installed files of this build: {@code -Dbanger.dist} names their directory. */
public record Distribution(Path directory) {
    public static Distribution current() {
        var path = System.getProperty("banger.dist", "");
        if (path.isEmpty()) throw new IllegalStateException("-Dbanger.dist is not set: start bangerd by its launcher");
        return new Distribution(Path.of(path));
    }

    public Path shim() {
        return directory.resolve("libexec/banger-shim");
    }

    public Path guest() {
        return directory.resolve("libexec/banger-guest");
    }

    /** The command that starts the network helper, as arguments follow. */
    public Path netLauncher() {
        return directory.resolve("libexec/banger-net");
    }
}
