package banger.workspace.out;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Layout;
import banger.workspace.GuestPath;
import banger.workspace.WorkspaceDirectory;
import banger.workspace.WorkspaceRecord;
import banger.workspace.git.ObjectId;
import banger.workspace.git.Shadow;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A workspace as it went in: the record, and the shadow repository that has its objects. */
public record Delivered(WorkspaceRecord record, Shadow shadow) {
    ObjectId base() {
        return new ObjectId(record.baseTree());
    }

    /** The host's HEAD then; empty: no commit yet. */
    Optional<ObjectId> head() {
        return record.head().isEmpty() ? Optional.empty() : Optional.of(new ObjectId(record.head()));
    }

    /**
     * This one and its submodules that are work trees of their own, theirs included; the outermost first.
     *
     * @throws BangerException {@code workspace.incomplete}: a prepare did not get to one of them
     */
    public List<Delivered> withSubmodules(Layout layout, Map<String, String> environment) {
        var all = new ArrayList<>(List.of(this));
        for (var submodule : record.submodules()) {
            var place = new GuestPath(record.guestPath()).below(new String(submodule, StandardCharsets.UTF_8));
            var inner = Unpulled.delivered(environment, WorkspaceDirectory.of(layout, record.vm(), place))
                    .orElseThrow(() -> new BangerException(
                            ErrorCode.WORKSPACE_INCOMPLETE,
                            place + ": the submodule was not delivered to its end",
                            "banger vm workspace prepare VM PATH"));
            all.addAll(inner.withSubmodules(layout, environment));
        }
        return all;
    }

    List<ObjectId> tips() {
        return record.tips().stream().map(ObjectId::new).toList();
    }
}
