package banger.daemon.progress;

/** Where an operation tells what it does. Implementations are thread-safe and never block for long. */
public interface Progress {
    /** Tells nobody. */
    Progress NONE = new Progress() {
        @Override
        public void doing(String object, String what, long done, long total) {}

        @Override
        public void done(String object, String what, long millis) {}

        @Override
        public void note(String line) {}

        @Override
        public void warn(String line) {}
    };

    /**
     * Something is under way; the next call replaces it.
     *
     * @param object {@code image debian-minimal}
     * @param what {@code installing packages}
     * @param done units done, of {@code total}; both 0 when there is nothing to count
     */
    void doing(String object, String what, long done, long total);

    /** A step that took time is over: {@code built from 231 Debian packages, 1.1 GiB}. */
    void done(String object, String what, long millis);

    /** One line the person should know. */
    void note(String line);

    void warn(String line);
}
