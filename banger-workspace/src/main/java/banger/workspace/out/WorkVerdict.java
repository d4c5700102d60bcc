package banger.workspace.out;

import io.avaje.jsonb.Json;
import java.util.List;

/**
 * Whether a workspace held work that was never pulled, when it was looked at last.
 *
 * @param lines what, for a person: refs with commits, and changed files
 */
@Json
public record WorkVerdict(boolean unpulled, List<String> lines) {
    public static final WorkVerdict NOTHING = new WorkVerdict(false, List.of());
}
