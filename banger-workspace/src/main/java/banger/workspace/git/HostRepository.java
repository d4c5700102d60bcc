package banger.workspace.git;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.workspace.ObjectFormat;
import banger.workspace.RepoPath;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * A work tree of the user's. Only git's own discovery makes one, which refuses a repository that belongs to somebody
 * else (safe.directory): alternates would go round that check.
 *
 * @param top the work tree's directory
 * @param gitDir where its HEAD and index are; of a linked worktree its own
 * @param commonDir where refs and configuration are; of a linked worktree the main one's
 * @param objects the directory of its objects
 * @param prefix where in the work tree it was found from; empty at the top, else ends with {@code /}
 * @param git runs there
 */
public record HostRepository(
        Path top, Path gitDir, Path commonDir, Path objects, ObjectFormat format, String prefix, Git git) {

    /**
     * The repository that a directory lies in.
     *
     * @param environment of this process
     * @throws BangerException {@code repository.unsuitable}: no directory, no repository, a bare one, another user's
     */
    public static HostRepository discover(Map<String, String> environment, Path directory) {
        var place = directory.toAbsolutePath().normalize();
        return at(place, Git.user(environment, place));
    }

    /**
     * A submodule of it.
     *
     * @param path in the work tree
     * @throws BangerException {@code repository.unsuitable}: it is not checked out there
     */
    public HostRepository submodule(RepoPath path) {
        var place = top.resolve(new String(path.bytes(), StandardCharsets.UTF_8));
        var found = Files.isDirectory(place) ? Optional.of(at(place, git.in(place))) : Optional.<HostRepository>empty();
        // Git looks upwards: in an empty directory it finds the repository around it.
        return found.filter(f -> f.top.equals(place))
                .orElseThrow(() -> invalid(
                        place + ": the submodule is not checked out",
                        "git -C " + Printable.word(top.toString()) + " submodule update --init "
                                + Printable.word(path.toString())));
    }

    private static HostRepository at(Path place, Git git) {
        if (!Files.isDirectory(place)) throw invalid(place + ": no such directory");
        // The first one is answered before the second one fails where there is no work tree.
        var asked = git.run(
                "rev-parse",
                "--is-inside-work-tree",
                "--path-format=absolute",
                "--show-toplevel",
                "--git-dir",
                "--git-common-dir",
                "--git-path",
                "objects",
                "--show-object-format",
                "--show-prefix");
        if (asked.lines().stream().findFirst().equals(Optional.of("false")))
            throw invalid(
                    place + ": a repository without a work tree",
                    "name a checkout of it: git clone " + Printable.word(place.toString()));
        if (!asked.ok()) throw refused(place, asked.reason());
        var answer = asked.lines().subList(1, asked.lines().size());
        if (answer.size() < 5 || answer.size() > 6) throw invalid(place + ": its path has a line break in it");
        var top = Path.of(answer.getFirst());
        return new HostRepository(
                top,
                Path.of(answer.get(1)),
                Path.of(answer.get(2)),
                Path.of(answer.get(3)),
                ObjectFormat.of(answer.get(4)),
                answer.size() == 6 ? answer.get(5) : "",
                git.in(top));
    }

    private static BangerException refused(Path place, String reason) {
        if (reason.contains("not a git repository")) return invalid(place + ": not in a git repository", "git init");
        return reason.contains("dubious ownership") || reason.contains("safe.directory")
                ? invalid(
                        place + ": the repository belongs to another user",
                        "git config --global --add safe.directory " + place)
                : invalid(place + ": git cannot read it: " + reason);
    }

    private static BangerException invalid(String fact, String... remedies) {
        return new BangerException(ErrorCode.REPOSITORY_UNSUITABLE, fact, remedies);
    }
}
