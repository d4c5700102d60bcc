package banger.workspace.in;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.workspace.git.ObjectId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What git is in the middle of.
 *
 * @param carried files of the git directory that go along, by name: a merge, cherry-pick or revert can be
 *     finished in the guest
 * @param commits that these name
 * @param left what does not go along, for a person
 */
record Special(Map<String, byte[]> carried, List<ObjectId> commits, List<String> left) {
    private static final int MAX_FILE = 1 << 20;
    private static final List<String> HEADS = List.of("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD");
    private static final List<String> TEXTS = List.of("MERGE_MSG", "MERGE_MODE", "SQUASH_MSG");
    private static final Map<String, String> LEFT =
            Map.of("rebase-merge", "rebase", "rebase-apply", "rebase or am", "BISECT_LOG", "bisect");

    static Special of(Path gitDir) {
        var carried = new LinkedHashMap<String, byte[]>();
        var commits = new ArrayList<ObjectId>();
        for (var name : HEADS) {
            var file = gitDir.resolve(name);
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) continue;
            var content = read(file);
            new String(content, StandardCharsets.US_ASCII)
                    .lines()
                    .filter(ObjectId::isOne)
                    .forEach(id -> commits.add(new ObjectId(id)));
            carried.put(name, content);
        }
        for (var name : TEXTS) {
            var file = gitDir.resolve(name);
            if (!carried.isEmpty() && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                carried.put(name, read(file));
        }
        var left = LEFT.keySet().stream()
                .filter(n -> Files.exists(gitDir.resolve(n), LinkOption.NOFOLLOW_LINKS))
                .map(LEFT::get)
                .sorted()
                .toList();
        return new Special(Map.copyOf(carried), List.copyOf(commits), left);
    }

    private static byte[] read(Path file) {
        try (var in = Files.newInputStream(file)) {
            var content = in.readNBytes(MAX_FILE + 1);
            if (content.length > MAX_FILE)
                throw new BangerException(ErrorCode.REPOSITORY_UNSUITABLE, file + ": over 1 MiB");
            return content;
        } catch (IOException e) {
            throw new BangerException(ErrorCode.REPOSITORY_UNSUITABLE, file + ": " + e.getMessage()).because(e);
        }
    }
}
