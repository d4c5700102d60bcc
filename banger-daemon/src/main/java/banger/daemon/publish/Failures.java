package banger.daemon.publish;

import banger.api.BangerException;
import banger.api.ErrorCode;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;

/** What an exception of the file system means to a person. */
public final class Failures {
    private Failures() {}

    /** @param object what was being made: {@code kernel debian-cloud} */
    public static RuntimeException of(String object, IOException e) {
        if (e instanceof InterruptedIOException || e instanceof ClosedByInterruptException)
            return new BangerException(ErrorCode.CANCELLED, object + ": cancelled").because(e);
        if (String.valueOf(e.getMessage()).contains("No space left"))
            return new BangerException(
                            ErrorCode.HOST_DISK_FULL,
                            object + ": the disk is full (" + e.getMessage() + ")",
                            "make room, then again; banger image cache prune frees downloads")
                    .because(e);
        return new UncheckedIOException(object + ": " + e.getMessage(), e);
    }
}
