package banger.workspace.out;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.workspace.RepoPath;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;

/** What a guest's change may put into the user's work tree. */
final class PathPolicy {
    /** What some file system takes for {@code .git}: short names, ends that are dropped, letters that are not seen. */
    private static final Pattern GIT = Pattern.compile("(?i)\\.git[ .]*(:.*)?|git~[0-9]+[ .]*(:.*)?");

    private static final Pattern UNSEEN = Pattern.compile("[\\u200c-\\u200f\\u202a-\\u202e\\u206a-\\u206f\\ufeff]");

    private PathPolicy() {}

    /**
     * Refuses changes by name.
     *
     * @param link reads the target of a link
     * @param ignoresCase whether the repository lies where upper and lower case are the same
     * @param all every path there will be, for names that would become one
     */
    static void check(List<Change> changes, Function<TreeEntry, byte[]> link, Optional<Collection<RepoPath>> all) {
        var refused = new ArrayList<String>();
        for (var change : changes) {
            if (change.after().isEmpty()) continue;
            var after = change.after().get();
            fault(change.path()).ifPresent(f -> refused.add(change.path() + ": " + f));
            if (after.isLink())
                fault(change.path(), link.apply(after)).ifPresent(f -> refused.add(change.path() + ": " + f));
            if (after.isSubmodule()
                    || change.before().filter(TreeEntry::isSubmodule).isPresent())
                refused.add(change.path() + ": a submodule");
        }
        all.ifPresent(paths -> refused.addAll(collisions(paths)));
        refuse(refused, "may not go into a work tree");
    }

    /** Refuses names that git itself takes into no commit. */
    static void checkNames(List<Change> changes) {
        var refused = new ArrayList<String>();
        for (var change : changes)
            if (change.after().isPresent()) fault(change.path()).ifPresent(f -> refused.add(change.path() + ": " + f));
        refuse(refused, "may not go into a commit");
    }

    private static void refuse(List<String> refused, String where) {
        if (refused.isEmpty()) return;
        var shown = new ArrayList<>(refused.subList(0, Math.min(10, refused.size())));
        if (refused.size() > 10) shown.add("and " + (refused.size() - 10) + " more");
        shown.add("change that in the VM, or --patch FILE takes it as it is");
        throw new BangerException(
                ErrorCode.WORKSPACE_REFUSED,
                Shown.count(refused.size(), "change", "changes") + " of the guest's " + where,
                shown);
    }

    private static Optional<String> fault(RepoPath path) {
        for (var part : new String(path.bytes(), StandardCharsets.UTF_8).split("/"))
            if (GIT.matcher(UNSEEN.matcher(part).replaceAll("")).matches())
                return Optional.of("some file systems take it for .git");
        return Optional.empty();
    }

    private static Optional<String> fault(RepoPath path, byte[] target) {
        var text = new String(target, StandardCharsets.ISO_8859_1);
        if (text.startsWith("/")) return Optional.of("a link to " + Shown.of(target));
        int depth = HostFiles.above(path).size();
        for (var part : text.split("/")) {
            if (part.equals("..")) depth--;
            else if (!part.isEmpty() && !part.equals(".")) depth++;
            if (depth < 0) return Optional.of("a link that leads out of the repository: " + Shown.of(target));
        }
        return Optional.empty();
    }

    private static List<String> collisions(Collection<RepoPath> paths) {
        var folded = new HashMap<String, RepoPath>();
        var found = new ArrayList<String>();
        for (var path : paths) {
            var names = new ArrayList<>(HostFiles.above(path));
            names.add(path);
            for (var name : names) {
                var before = folded.putIfAbsent(fold(name), name);
                if (before != null && !before.equals(name)) found.add(name + ": the same as " + before + " here");
            }
        }
        return found;
    }

    private static String fold(RepoPath path) {
        return new String(path.bytes(), StandardCharsets.UTF_8).toLowerCase(Locale.ROOT);
    }
}
