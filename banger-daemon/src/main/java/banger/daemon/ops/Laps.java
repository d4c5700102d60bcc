package banger.daemon.ops;

/** How long each step of something took, one after the other: for the log. Of one thread. */
public final class Laps {
    private final StringBuilder told = new StringBuilder();
    private long since = System.nanoTime();

    /** The step that ends here began where the one before it ended. */
    public void end(String step) {
        long now = System.nanoTime();
        if (!told.isEmpty()) told.append(", ");
        told.append(step).append(' ').append((now - since) / 1_000_000).append(" ms");
        since = now;
    }

    /** {@code network 12 ms, vmm 85 ms}. */
    @Override
    public String toString() {
        return told.toString();
    }
}
