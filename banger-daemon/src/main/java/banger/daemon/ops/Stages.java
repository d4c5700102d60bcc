package banger.daemon.ops;

import org.slf4j.Logger;

/** How long each part of an operation took, for whoever wants to know where its time goes: one line at level debug. */
public final class Stages {
    private final StringBuilder text;
    private long last = System.nanoTime();

    /** @param what is done */
    public Stages(String what) {
        text = new StringBuilder(what).append(':');
    }

    /** @param name of what has been done since the one before */
    public void passed(String name) {
        long now = System.nanoTime();
        text.append(' ').append(name).append(' ').append((now - last) / 1000).append(" us;");
        last = now;
    }

    public void log(Logger log) {
        log.debug("{}", text);
    }
}
