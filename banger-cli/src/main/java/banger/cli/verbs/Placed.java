package banger.cli.verbs;

import banger.api.model.WorkspaceInfo;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A command where a workspace is, behind mise where that is there.
 *
 * @param directory empty: the home
 */
record Placed(List<byte[]> command, Optional<String> directory, List<String> environment) {
    /** @param network whether what mise misses could be fetched */
    static Placed in(Optional<WorkspaceInfo> workspace, List<byte[]> command, boolean network) {
        var directory = workspace.map(WorkspaceInfo::directory);
        if (!workspace.map(WorkspaceInfo::mise).orElse(false)) return new Placed(command, directory, List.of());
        var behind = new ArrayList<byte[]>();
        for (var word : List.of("mise", "exec", "--")) behind.add(word.getBytes(StandardCharsets.UTF_8));
        behind.addAll(command);
        // Without a network it would only fail to fetch what is missing, and the command with it.
        return new Placed(behind, directory, network ? List.of() : List.of("MISE_EXEC_AUTO_INSTALL=false"));
    }
}
