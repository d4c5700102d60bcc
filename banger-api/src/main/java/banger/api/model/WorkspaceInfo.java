package banger.api.model;

import io.avaje.jsonb.Json;

/**
 * The workspace of a VM that was prepared last: where commands start, and what of the host it is.
 *
 * @param guestPath absolute, in the guest
 * @param directory absolute, in the guest: where commands start; the work tree's top or a directory in it
 * @param mise whether the guest had mise then, which commands are put behind
 * @param hostPath the top of the repository's work tree, as text; what is not UTF-8 in it is lost here
 * @param branch without {@code refs/heads/}; empty: a detached HEAD
 * @param head the host's HEAD when it was prepared, hexadecimal; empty: no commit yet
 * @param preparedAt RFC 3339
 */
@Json
public record WorkspaceInfo(
        String guestPath,
        String directory,
        boolean mise,
        String hostPath,
        String branch,
        String head,
        String preparedAt) {}
