package banger.cli;

/** The process, and the only place that exits. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        // Everything is done and closed: exit() would load the logging system to record itself (20 ms).
        Runtime.getRuntime().halt(Launch.run(arguments));
    }
}
