package banger.workspace.out;

import io.avaje.jsonb.Json;
import java.util.List;

/**
 * What a VM's workspace holds that was not delivered to it.
 *
 * @param guestPath of the workspace, in the guest
 * @param delivered the host's commit that was delivered, hexadecimal; empty: there was none
 * @param newRefs refs, stash entries and detached heads of the guest's at commits that were not delivered
 * @param repositories directories that are repositories of their own and not among the files
 */
@Json
public record WorkDiff(
        String vm,
        String guestPath,
        String delivered,
        List<File> files,
        List<String> newRefs,
        List<String> repositories) {

    /**
     * @param path as text; what is not UTF-8 in it is lost here
     * @param pathBytes the same as bytes
     * @param status {@code A} added, {@code M} changed, {@code D} deleted
     * @param mode git's, octal; empty for what was deleted
     */
    @Json
    public record File(String path, byte[] pathBytes, String status, String mode) {}
}
