package banger.workspace.out;

import banger.workspace.git.BlobReader;
import banger.workspace.git.ObjectId;
import banger.workspace.git.Shadow;
import java.util.Optional;

/** Blobs of a shadow repository, in memory. */
final class Contents implements AutoCloseable {
    private final BlobReader blobs;
    private final long longest;

    Contents(Shadow shadow, long longest) {
        this.blobs = new BlobReader(shadow.git());
        this.longest = longest;
    }

    /** A blob's bytes; empty when it is longer than what is asked for. */
    Optional<byte[]> read(ObjectId blob) {
        return blobs.read(blob, (size, in) -> size > longest ? Optional.empty() : Optional.of(in.readAllBytes()));
    }

    @Override
    public void close() {
        blobs.close();
    }
}
