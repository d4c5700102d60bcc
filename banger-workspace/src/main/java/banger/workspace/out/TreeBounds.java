package banger.workspace.out;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.workspace.git.Git;
import banger.workspace.git.ObjectId;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * How large trees get when they are unfolded, found without unfolding them: a tree of a few objects can hold 10^8
 * files, and whatever walks it never ends.
 */
final class TreeBounds {
    static final long MOST_ENTRIES = 1_000_000;
    static final int DEEPEST = 256;
    private static final long LARGEST_TREE = 64L << 20;

    private final Git git;
    private final int idLength;
    /** What each tree holds directly. */
    private final Map<ObjectId, Node> nodes = new HashMap<>();

    private record Node(int files, List<ObjectId> trees) {}

    /** @param git runs where the trees are */
    TreeBounds(Git git, int idLength) {
        this.git = git;
        this.idLength = idLength;
    }

    /** @throws BangerException {@code workspace.refused} for a tree of too many entries or too deep */
    void check(Collection<ObjectId> roots) {
        var next = new LinkedHashSet<>(roots);
        for (int depth = 0; !next.isEmpty(); depth++) {
            if (depth > DEEPEST) throw refused("a directory more than " + DEEPEST + " levels deep");
            next = load(next);
        }
        var counted = new HashMap<ObjectId, Long>();
        for (var root : roots)
            if (count(root, counted, 0) > MOST_ENTRIES)
                throw refused("a tree that unfolds to more than " + MOST_ENTRIES + " entries");
    }

    /** A tree may stand at several depths: the recursion is bounded by the levels that were loaded. */
    private long count(ObjectId tree, Map<ObjectId, Long> counted, int depth) {
        var known = counted.get(tree);
        if (known != null) return known;
        if (depth > DEEPEST) throw refused("a directory more than " + DEEPEST + " levels deep");
        var node = Optional.ofNullable(nodes.get(tree)).orElseThrow();
        long sum = node.files;
        for (var child : node.trees) {
            sum += 1 + count(child, counted, depth + 1);
            if (sum > MOST_ENTRIES) sum = MOST_ENTRIES + 1;
        }
        counted.put(tree, sum);
        return sum;
    }

    private LinkedHashSet<ObjectId> load(Set<ObjectId> trees) {
        var input = new StringBuilder();
        var asked = new ArrayList<ObjectId>();
        for (var tree : trees)
            if (!nodes.containsKey(tree)) {
                asked.add(tree);
                input.append(tree.hex()).append('\n');
            }
        var below = new LinkedHashSet<ObjectId>();
        if (asked.isEmpty()) return below;
        return git.pipe(
                out -> out.write(input.toString().getBytes(StandardCharsets.US_ASCII)),
                in -> {
                    var data = new DataInputStream(new BufferedInputStream(in, 1 << 16));
                    for (var tree : asked) {
                        var node = read(tree, data);
                        nodes.put(tree, node);
                        for (var child : node.trees) if (!nodes.containsKey(child)) below.add(child);
                    }
                    return below;
                },
                "cat-file",
                "--batch");
    }

    private Node read(ObjectId id, DataInputStream in) throws IOException {
        var head = line(in).split(" ");
        if (head.length != 3 || !head[1].equals("tree"))
            throw refused("an object " + id.brief() + " that is not there or no tree");
        long size = Long.parseLong(head[2]);
        if (size > LARGEST_TREE) throw refused("a directory of " + size + " bytes of names");
        var raw = new byte[(int) size];
        in.readFully(raw);
        in.readByte();
        int files = 0;
        var trees = new ArrayList<ObjectId>();
        for (int at = 0; at < raw.length; ) {
            int end = at;
            while (end < raw.length && raw[end] != 0) end++;
            if (end + 1 + idLength > raw.length) throw refused("a malformed tree " + id.brief());
            // The mode of a tree is 40000, of everything else it begins with a 1.
            boolean tree = raw[at] == '4' || raw[at] == '0';
            if (tree) trees.add(ObjectId.of(java.util.Arrays.copyOfRange(raw, end + 1, end + 1 + idLength)));
            else files++;
            at = end + 1 + idLength;
        }
        return new Node(files, trees);
    }

    private static String line(InputStream in) throws IOException {
        var line = new StringBuilder();
        for (int c; (c = in.read()) >= 0 && c != '\n'; ) {
            if (line.length() > 200) throw new IOException("a line without end");
            line.append((char) c);
        }
        return line.toString();
    }

    private static BangerException refused(String what) {
        return new BangerException(ErrorCode.WORKSPACE_REFUSED, "the guest's history has " + what);
    }
}
