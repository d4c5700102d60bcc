package banger.workspace.out;

import banger.api.BangerException;
import banger.api.ErrorCode;
import java.util.concurrent.CountDownLatch;

/** While it is open, Ctrl-C ends the program only when it is closed: all is written then, or all taken back. */
final class Uninterrupted implements AutoCloseable {
    private final CountDownLatch unfinished = new CountDownLatch(1);
    private final Thread waiter = Thread.ofPlatform().unstarted(this::await);

    /** @throws BangerException {@code cancelled}: the program is being ended already */
    static Uninterrupted begin() {
        var open = new Uninterrupted();
        try {
            Runtime.getRuntime().addShutdownHook(open.waiter);
        } catch (IllegalStateException e) {
            throw new BangerException(ErrorCode.CANCELLED, "cancelled").because(e);
        }
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
