package banger.workspace.in;

import banger.workspace.FileStat;
import banger.workspace.git.ObjectId;
import java.io.IOException;
import java.util.Optional;

/** Where the bytes of listed files come from. Used by one thread. */
interface Contents extends AutoCloseable {
    /** Takes the bytes of one file, in pieces. */
    @FunctionalInterface
    interface Sink {
        void take(byte[] bytes, int length) throws IOException;
    }

    /**
     * Something that was read to its end.
     *
     * @param stat as it was when it was opened
     * @param steady whether it was still the same at the end
     */
    record Got(FileStat stat, boolean steady) {}

    /** What the file is now, without reading it; empty: gone, or neither a file nor a link. */
    Optional<FileStat> look(Listed file);

    /** Reads it: first {@code begin} with what it is, then {@code sink} for its bytes. Empty: gone. */
    Optional<Got> read(Listed file, Begin begin, Sink sink) throws IOException;

    /** Told what comes, before it comes. */
    @FunctionalInterface
    interface Begin {
        void of(FileStat stat) throws IOException;
    }

    /** The id that a file surely has, if that can be said without reading it. */
    default Optional<ObjectId> sure(Listed file) {
        return file.known();
    }

    @Override
    void close();
}
