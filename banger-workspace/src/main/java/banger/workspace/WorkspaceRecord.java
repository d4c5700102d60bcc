package banger.workspace;

import io.avaje.jsonb.Json;
import java.util.List;

/**
 * What is known of one workspace: one work tree in one VM, delivered by the last prepare that went
 * through. Kept as JSON beside the shadow repository; written by the process that prepares.
 *
 * @param vm id of the VM
 * @param guestPath of the work tree in the guest
 * @param hostTop the top of the host's work tree, as bytes
 * @param commonDir the host repository's common git directory (objects, refs), as bytes
 * @param gitDir that of this work tree (HEAD, index); equal to {@code commonDir} but in a linked one
 * @param head the host's HEAD commit, hexadecimal; empty: there was none
 * @param branch HEAD's branch in the guest as delivered, without {@code refs/heads/}; empty: detached
 * @param hostBranch the host's branch at that time; differs with {@code --branch}
 * @param format word of {@link ObjectFormat}
 * @param baseTree tree of exactly what was delivered and is still its paths' base
 * @param tips commits whose history was delivered, down to {@code shallow}
 * @param shallow commits delivered without their parents
 * @param manifest SHA-256 of the guest's manifest, hexadecimal
 * @param preparedAt RFC 3339
 * @param mode {@code tracked} or {@code full_copy}
 * @param readonly whether the write bits were taken away
 * @param includeUntracked whether untracked files that are not ignored were delivered too
 * @param guestDirectory where in the work tree commands start, relative; empty: at its top
 * @param submodules of this repository that are workspaces of their own: their paths, as bytes
 */
@Json
public record WorkspaceRecord(
        String vm,
        String guestPath,
        byte[] hostTop,
        byte[] commonDir,
        byte[] gitDir,
        String head,
        String branch,
        String hostBranch,
        String format,
        String baseTree,
        List<String> tips,
        List<String> shallow,
        String manifest,
        String preparedAt,
        String mode,
        boolean readonly,
        boolean includeUntracked,
        String guestDirectory,
        List<byte[]> submodules) {
    public ObjectFormat objectFormat() {
        return ObjectFormat.of(format);
    }
}
