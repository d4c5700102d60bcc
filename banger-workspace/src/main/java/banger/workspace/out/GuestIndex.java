package banger.workspace.out;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.process.ProgramRun.Feed;
import banger.workspace.RepoPath;
import banger.workspace.git.ObjectId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;

/** What a guest has staged, as a tree. */
final class GuestIndex {
    private static final int LARGEST = 256 << 20;

    private final Guest guest;
    private final Collected collected;

    GuestIndex(Guest guest, Collected collected) {
        this.guest = guest;
        this.collected = collected;
    }

    /**
     * The tree that a commit of the index would have, with all its contents; empty: the guest has no index. Of a path in
     * conflict it has what was there before the merge.
     */
    Optional<ObjectId> tree() {
        return new GitFiles(guest, collected.delivered())
                .content(".git/index", LARGEST)
                .map(this::tree);
    }

    private ObjectId tree(byte[] index) {
        var shadow = collected.delivered().shadow();
        var entries = entries(index);
        var ids = new LinkedHashSet<ObjectId>();
        for (var entry : entries.values()) if (!entry.isSubmodule()) ids.add(entry.id());
        // What is only intended to be added names this one, which need not be there.
        ids.remove(
                new ObjectId(shadow.git().need("hash-object", "-w", "--stdin").text()));
        new GuestCommits(guest, collected).bring(ids);
        var trees = new Trees(shadow);
        var edits = new ArrayList<TreeEdit>();
        entries.forEach((path, entry) -> edits.add(TreeEdit.put(path, entry)));
        return trees.edit(trees.empty(), edits);
    }

    private Map<RepoPath, TreeEntry> entries(byte[] index) {
        var shadow = collected.delivered().shadow();
        var file = shadow.gitDir().resolve("index-" + java.util.UUID.randomUUID());
        var entries = new HashMap<RepoPath, TreeEntry>();
        try {
            Files.write(file, index);
            shadow.git()
                    .with("GIT_INDEX_FILE", file.toString())
                    .records(Feed.NOTHING, RepoPath.LONGEST + 256, r -> take(r, entries), "ls-files", "--stage", "-z");
            return entries;
        } catch (IOException e) {
            throw Disk.failed(file, e);
        } catch (BangerException e) {
            throw e.code() == ErrorCode.HOST_TOOL_FAILED ? unreadable().because(e) : e;
        } finally {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                throw Disk.failed(file, e);
            }
        }
    }

    /** {@code mode id stage}, a tab, the path. */
    private void take(byte[] record, Map<RepoPath, TreeEntry> entries) {
        int tab = 0;
        while (tab < record.length && record[tab] != '\t') tab++;
        var words = new String(record, 0, tab, StandardCharsets.US_ASCII).split(" ");
        var path = Arrays.copyOfRange(record, Math.min(tab + 1, record.length), record.length);
        if (words.length != 3 || !RepoPath.valid(path)) throw unreadable();
        if (words[2].equals("0") || words[2].equals("2"))
            entries.put(RepoPath.of(path), new TreeEntry(Integer.parseInt(words[0], 8), new ObjectId(words[1])));
    }

    private BangerException unreadable() {
        return new BangerException(ErrorCode.WORKSPACE_REFUSED, "vm " + guest.name() + ": git cannot read its index");
    }
}
