package banger.workspace.out;

import banger.workspace.RepoPath;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Files that run or configure something by themselves, so that nobody takes them over unseen. */
final class SelfRunning {
    /** What banger or git reads by itself next time. */
    private static final Set<String> CONFIGURES = Set.of(
            ".banger.toml",
            ".mise.toml",
            "mise.toml",
            ".mise.local.toml",
            "mise.local.toml",
            ".tool-versions",
            ".gitattributes",
            ".gitmodules");

    private static final List<String> CONFIGURES_BELOW =
            List.of(".mise/", "mise/", ".config/mise/", ".config/mise.toml");

    private static final Set<String> RUNS = Set.of(
            ".envrc", ".pre-commit-config.yaml", "lefthook.yml", "lefthook.yaml", ".gitlab-ci.yml", "Jenkinsfile");

    private static final List<String> RUNS_BELOW = List.of(
            ".vscode/", ".idea/", ".devcontainer/", ".husky/", ".githooks/", ".github/workflows/", ".github/actions/");

    private SelfRunning() {}

    /** Changes what banger or git does next. */
    static boolean configures(RepoPath path) {
        return matches(path, CONFIGURES, CONFIGURES_BELOW);
    }

    /** Runs on its own in one program or another. */
    static boolean runs(RepoPath path) {
        return configures(path) || matches(path, RUNS, RUNS_BELOW);
    }

    static List<RepoPath> runs(Stream<Change> changes) {
        return changes.filter(c -> c.after().isPresent())
                .map(Change::path)
                .filter(SelfRunning::runs)
                .toList();
    }

    private static boolean matches(RepoPath path, Set<String> names, List<String> below) {
        var text = new String(path.bytes(), StandardCharsets.UTF_8);
        var name = text.substring(text.lastIndexOf('/') + 1);
        return names.contains(name) || below.stream().anyMatch(b -> text.startsWith(b) || text.contains("/" + b));
    }
}
