package banger.workspace.in;

import banger.workspace.git.Git;
import banger.workspace.git.HostRepository;
import banger.workspace.git.ObjectId;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Where the history that goes along is cut. */
final class History {
    private History() {}

    /**
     * The commits that the guest gets without their parents.
     *
     * @param depth commits on each way from a tip; 0: no cut but those the repository has itself
     * @param there commits that the guest has already, with their history
     */
    static List<ObjectId> cuts(
            HostRepository repository, Collection<ObjectId> tips, int depth, Collection<ObjectId> there) {
        var git = repository.git();
        var cuts = new ArrayList<>(own(repository));
        if (depth == 0) return cuts;
        Set<ObjectId> seen = new HashSet<>(there);
        List<ObjectId> level = tips.stream().distinct().filter(seen::add).toList();
        for (int generation = 1; !level.isEmpty(); generation++) {
            var next = new ArrayList<ObjectId>();
            for (var line : parents(git, level)) {
                if (line.size() == 1) continue;
                if (generation == depth) cuts.add(line.getFirst());
                else line.stream().skip(1).filter(seen::add).forEach(next::add);
            }
            level = next;
        }
        return cuts.stream().distinct().toList();
    }

    /** Each commit, then its parents. */
    private static List<List<ObjectId>> parents(Git git, List<ObjectId> commits) {
        var input = new StringBuilder();
        for (var c : commits) input.append(c.hex()).append('\n');
        return git
                .need(
                        input.toString().getBytes(StandardCharsets.US_ASCII),
                        "rev-list",
                        "--no-walk=unsorted",
                        "--parents",
                        "--stdin")
                .lines()
                .stream()
                .map(l -> List.of(l.split(" ")).stream().map(ObjectId::new).toList())
                .toList();
    }

    /** Those of a repository that is shallow itself. */
    private static List<ObjectId> own(HostRepository repository) {
        var path = repository.commonDir().resolve("shallow");
        try {
            return java.nio.file.Files.exists(path)
                    ? java.nio.file.Files.readAllLines(path, StandardCharsets.US_ASCII).stream()
                            .filter(ObjectId::isOne)
                            .map(ObjectId::new)
                            .toList()
                    : List.of();
        } catch (java.io.IOException e) {
            throw new banger.api.BangerException(
                            banger.api.ErrorCode.REPOSITORY_UNSUITABLE, path + ": " + e.getMessage())
                    .because(e);
        }
    }
}
