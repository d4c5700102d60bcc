package banger.daemon;

/** Which build this is: set by the launcher, compared by the CLI before it talks to a daemon. */
public final class Build {
    public static final String VERSION = "0.2.0";

    private Build() {}

    public static String id() {
        return System.getProperty("banger.build", "unknown");
    }
}
