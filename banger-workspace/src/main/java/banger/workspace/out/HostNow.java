package banger.workspace.out;

import banger.workspace.FileStat;
import banger.workspace.RepoPath;
import banger.workspace.git.ObjectId;
import banger.workspace.git.Shadow;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The base tree with the host's files as they are now at the places that matter.
 *
 * @param tree in the shadow repository
 * @param stats what each place was when it was read; a place that has nothing is missing
 * @param blocked places where the host has a directory now
 */
record HostNow(ObjectId tree, Map<RepoPath, FileStat> stats, Set<RepoPath> blocked) {

    /**
     * @param whole what was delivered
     * @param fileMode whether the host's repository believes the bits that say what is a program
     * @param places paths that a change touches
     */
    static HostNow read(Whole whole, HostFiles files, boolean fileMode, List<Change> changes) throws IOException {
        var trees = new Trees(whole.shadow());
        var base = trees.entries(whole.base());
        var places = new LinkedHashSet<RepoPath>();
        for (var change : changes) {
            places.addAll(HostFiles.above(change.path()));
            places.add(change.path());
        }
        var stats = new HashMap<RepoPath, FileStat>();
        var blocked = new HashSet<RepoPath>();
        var edits = new ArrayList<TreeEdit>();
        var marks = new HashMap<RepoPath, Integer>();
        var touched = new HashSet<>(changes.stream().map(Change::path).toList());
        Map<Integer, ObjectId> ids = blobs(whole.shadow(), blobs -> {
            for (var place : places) {
                var stat = files.stat(place);
                if (stat.isEmpty() || stat.get().isDirectory()) {
                    if (touched.contains(place) && base.containsKey(place)) edits.add(TreeEdit.remove(place));
                    if (touched.contains(place) && stat.isPresent() && !emptied(changes, place)) blocked.add(place);
                    continue;
                }
                stats.put(place, stat.get());
                if (stat.get().isLink())
                    marks.put(
                            place,
                            blobs.add(new ByteArrayInputStream(files.link(place)))
                                    .orElseThrow());
                else if (stat.get().isRegular()) {
                    var mark = files.read(place, blobs::add);
                    if (mark.isPresent()) marks.put(place, mark.getAsInt());
                    else blocked.add(place);
                } else {
                    blocked.add(place);
                }
            }
        });
        for (var place : marks.keySet()) {
            var id = Optional.ofNullable(ids.get(marks.get(place))).orElseThrow();
            var stat = Optional.ofNullable(stats.get(place)).orElseThrow();
            int mode = stat.isLink() ? TreeEntry.LINK : mode(stat, fileMode, Optional.ofNullable(base.get(place)));
            edits.add(TreeEdit.put(place, new TreeEntry(mode, id)));
        }
        return new HostNow(trees.edit(whole.base(), edits), stats, blocked);
    }

    /** Whether the guest took away what is in a directory. */
    private static boolean emptied(List<Change> changes, RepoPath directory) {
        return changes.stream().anyMatch(c -> c.after().isEmpty() && c.path().within(directory));
    }

    private static int mode(FileStat stat, boolean fileMode, Optional<TreeEntry> base) {
        if (!fileMode && base.filter(TreeEntry::isFile).isPresent())
            return base.get().mode();
        return (stat.mode() & 0100) != 0 ? TreeEntry.PROGRAM : TreeEntry.FILE;
    }

    private static Map<Integer, ObjectId> blobs(Shadow shadow, BlobImport.Source source) {
        return BlobImport.run(shadow, Collector.LONGEST_FILE, source);
    }
}
