package banger.workspace.out;

import banger.workspace.WorkspaceRecord;
import banger.workspace.git.ObjectId;
import banger.workspace.git.Shadow;
import java.util.List;
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

    List<ObjectId> tips() {
        return record.tips().stream().map(ObjectId::new).toList();
    }
}
