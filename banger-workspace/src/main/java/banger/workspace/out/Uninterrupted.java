package banger.workspace.out;

import java.util.concurrent.CountDownLatch;

/** While it is open, Ctrl-C ends the program only when it is closed: all is written then, or all taken back. */
final class Uninterrupted implements AutoCloseable {
    private final CountDownLatch unfinished = new CountDownLatch(1);
    private final Thread waiter = Thread.ofPlatform().unstarted(this::await);

    static Uninterrupted begin() {
        var open = new Uninterrupted();
        Runtime.getRuntime().addShutdownHook(open.waiter);
        return open;
    }

    private void await() {
        try {
            unfinished.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        unfinished.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(waiter);
        } catch (IllegalStateException e) {
            // We are being ended, and the hook has done its part.
            return;
        }
    }
}
