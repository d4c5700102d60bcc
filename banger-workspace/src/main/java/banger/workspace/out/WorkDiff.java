package banger.workspace.out;

import io.avaje.jsonb.Json;
import java.util.List;

/**
 * What a VM's workspace holds that was not delivered to it.
 *
 * @param guestPath of the workspace, in the guest
 * @param delivered the host's commit that was delivered, hexadecimal; empty: there was none
 * @param newRefs refs, stash entries and detached heads of the guest's at commits that were not delivered
 * @param submodules that are work trees of their own; their files are among the files
 * @param repositories directories that are repositories of their own and not among the files
 */
@Json
public record WorkDiff(
        String vm,
        String guestPath,
        String delivered,
        List<File> files,
        List<String> newRefs,
        List<Submodule> submodules,
        List<String> repositories) {

    /**
     * @param path in the work tree, as text
     * @param delivered the commit that was delivered of it; empty: there was none
     * @param head the commit that the guest's HEAD of it is at; empty: none
     */
    @Json
    public record Submodule(String path, String delivered, String head, List<String> newRefs) {}

    /**
     * @param path as text; what is not UTF-8 in it is lost here
     * @param pathBytes the same as bytes
     * @param status {@code A} added, {@code M} changed, {@code D} deleted
     * @param mode git's, octal; empty for what was deleted
     */
    @Json
    public record File(String path, byte[] pathBytes, String status, String mode) {}
}
