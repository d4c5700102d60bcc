package banger.workspace.out;

import banger.workspace.git.ObjectId;
import banger.workspace.git.Shadow;
import java.util.Optional;

/** Blobs of a shadow repository, in memory. */
final class Contents {
    private final Shadow shadow;
    private final long longest;

    Contents(Shadow shadow, long longest) {
        this.shadow = shadow;
        this.longest = longest;
    }

    /** A blob's bytes; empty when it is longer than what is asked for. */
    Optional<byte[]> read(ObjectId blob) {
        if (Long.parseLong(shadow.git().need("cat-file", "-s", blob.hex()).text()) > longest) return Optional.empty();
        return Optional.of(shadow.git().need("cat-file", "blob", blob.hex()).stdout());
    }
}
