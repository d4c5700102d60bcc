package banger.workspace.out;

import banger.workspace.git.HostRepository;
import banger.workspace.git.ObjectId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Branches of one name in a repository and its submodules, from the inside out: a commit of the outer one may name one
 * of the inner one's, which must be there first.
 */
final class BranchesPull {
    private final Guest guest;
    private final HostRepository host;
    private final List<Part> parts;
    private final BranchWish wish;

    /** @param parts the outermost first */
    BranchesPull(Guest guest, HostRepository host, List<Part> parts, BranchWish wish) {
        this.guest = guest;
        this.host = host;
        this.parts = parts;
        this.wish = wish;
    }

    /** What one repository gets. */
    private record One(
            Part part, BranchPull pull, BranchPull.Line line, List<GuestRef> others, Map<String, ObjectId> tips) {}

    /** All of them, or none; the outermost first. */
    List<Branches> run() {
        new BranchPull(guest, host, parts.getFirst().collected()).checkName(wish.name());
        var all = new ArrayList<One>();
        var tips = new HashMap<Part, ObjectId>();
        for (var part : parts.reversed()) {
            var one = compose(part, tips);
            all.add(one);
            if (!one.line.nothing()) tips.put(part, one.line.tip());
        }
        all.forEach(one -> one.tips.keySet().forEach(one.pull::checkName));
        if (!wish.dryRun()) make(all);
        return all.reversed().stream().map(this::told).toList();
    }

    private One compose(Part part, Map<Part, ObjectId> tips) {
        var pull = new BranchPull(guest, part.place().map(host::submodule).orElse(host), part.collected());
        new GuestCommits(guest, part.collected()).fetch();
        var line = pull.compose(wish.raw(), part.gitlinks(parts, tips));
        var others = pull.others();
        var named = new LinkedHashMap<String, ObjectId>();
        if (wish.all() && !(line.nothing() && others.isEmpty())) named.putAll(pull.all(wish.name(), line));
        else if (!line.nothing()) named.put(wish.name(), line.tip());
        return new One(part, pull, line, others, named);
    }

    private static void make(List<One> all) {
        var wanted = all.stream().filter(one -> !one.tips.isEmpty()).toList();
        for (var one : wanted) one.pull.bring(one.tips.values());
        try (var _ = Uninterrupted.begin()) {
            name(wanted);
        }
        for (var one : wanted) {
            var pulled = new ArrayList<>(one.tips.values());
            one.part.collected().head().ifPresent(pulled::add);
            Pulled.add(one.part.collected(), pulled);
        }
    }

    private static void name(List<One> wanted) {
        var named = new ArrayList<One>();
        try {
            for (var one : wanted) {
                one.pull.name(one.tips);
                named.add(one);
            }
        } catch (RuntimeException e) {
            for (var one : named.reversed()) one.pull.takeBack(one.tips, e);
            throw e;
        }
    }

    private Branches told(One one) {
        return new Branches(
                one.part.place(),
                one.part.delivered().head(),
                one.tips,
                one.line.commits(),
                one.line.uncommitted(),
                one.line.hostEdits(),
                wish.all()
                        ? List.of()
                        : one.others.stream().map(GuestRef::branch).toList(),
                one.part.collected().stashes());
    }
}
