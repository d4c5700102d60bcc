package banger.workspace.out;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.workspace.git.ObjectId;
import banger.workspace.git.Shadow;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Brings a guest's commits into the shadow repository, checked, under refs of ours. */
final class GuestCommits {
    private static final int LONGEST_SHALLOW = 4 << 20;

    private final Guest guest;
    private final Collected collected;
    private final Shadow shadow;

    GuestCommits(Guest guest, Collected collected) {
        this.guest = guest;
        this.collected = collected;
        this.shadow = collected.delivered().shadow();
    }

    /** Tips that are not in the shadow repository, or not below what was delivered. */
    static List<GuestRef> unknown(Collected collected) {
        var known = new HashSet<>(collected.delivered().tips());
        return collected.refs().stream().filter(r -> !known.contains(r.id())).toList();
    }

    /** Afterwards every tip is in the shadow repository, with all that it needs. */
    void fetch() {
        var tips = new LinkedHashSet<ObjectId>();
        for (var ref : unknown(collected)) tips.add(ref.id());
        bring(tips);
        pin();
    }

    /** Afterwards these objects are in the shadow repository, with all that they need. */
    void bring(Set<ObjectId> ids) {
        var missing = missing(ids);
        if (missing.isEmpty()) return;
        refuseNewBoundaries();
        receive(List.copyOf(missing));
    }

    private Set<ObjectId> missing(Set<ObjectId> tips) {
        if (tips.isEmpty()) return Set.of();
        var input = new StringBuilder();
        for (var tip : tips) input.append(tip.hex()).append('\n');
        var missing = new LinkedHashSet<ObjectId>();
        for (var line : shadow.git()
                .need(input.toString().getBytes(StandardCharsets.US_ASCII), "cat-file", "--batch-check=%(objecttype)")
                .lines())
            if (line.endsWith(" missing")) missing.add(new ObjectId(line.substring(0, line.indexOf(' '))));
        return missing;
    }

    /** Takes these from the guest, whether they are here or not. */
    void receive(List<ObjectId> tips) {
        var asked = new StringBuilder();
        for (var tip : tips) asked.append(tip.hex()).append('\n');
        for (var tip : collected.delivered().tips())
            asked.append('^').append(tip.hex()).append('\n');
        var input = asked.toString().getBytes(StandardCharsets.US_ASCII);
        try (var quarantine = Quarantine.open(shadow, guest.name())) {
            if (collected.gitProgram()) {
                quarantine.take(out -> new GuestProgram(guest).run(packObjects(), input, out));
            } else {
                try (var files = ObjectFiles.take(guest, collected.delivered())) {
                    files.pack(input, quarantine);
                }
            }
            quarantine.check(tips);
            quarantine.keep();
        }
    }

    private List<String> packObjects() {
        return List.of(
                "git",
                "-C",
                collected.delivered().record().guestPath(),
                "-c",
                "safe.directory=*",
                "-c",
                "pack.threads=1",
                "pack-objects",
                "--revs",
                "--thin",
                "--stdout",
                "--delta-base-offset",
                "-q");
    }

    /** A fetch in the guest may have brought history that is cut elsewhere; nothing can be built on that. */
    private void refuseNewBoundaries() {
        var known = new HashSet<>(collected.delivered().record().shallow());
        for (var line : shallow())
            if (ObjectId.isOne(line) && !known.contains(line))
                throw new BangerException(
                        ErrorCode.WORKSPACE_REFUSED,
                        "vm " + guest.name() + ": the guest's history was cut at " + line.substring(0, 7)
                                + " by a shallow fetch in it",
                        "banger vm exec " + guest.name() + " -- git fetch --unshallow",
                        "or banger vm pull " + guest.name() + " --patch FILE");
    }

    private List<String> shallow() {
        return new GitFiles(guest, collected.delivered())
                .content(".git/shallow", LONGEST_SHALLOW)
                .map(bytes ->
                        new String(bytes, StandardCharsets.US_ASCII).lines().toList())
                .orElse(List.of());
    }

    /** Every tip gets a ref of ours, by number: a guest's names name nothing here. */
    private void pin() {
        var lines = new StringBuilder();
        for (var old : shadow.git()
                .need("for-each-ref", "--format=%(refname)", Shadow.GUEST)
                .lines()) lines.append("delete ").append(old).append('\n');
        var commands = new ArrayList<String>();
        int number = 0;
        for (var id :
                new LinkedHashSet<>(collected.refs().stream().map(GuestRef::id).toList()))
            commands.add("update " + Shadow.GUEST + "tip-" + number++ + " " + id.hex());
        // In two transactions: one does not delete and set the same ref.
        if (!lines.isEmpty())
            shadow.git().need(lines.toString().getBytes(StandardCharsets.US_ASCII), "update-ref", "--stdin");
        if (commands.isEmpty()) return;
        shadow.git()
                .need(
                        (String.join("\n", commands) + "\n").getBytes(StandardCharsets.US_ASCII),
                        "update-ref",
                        "--stdin");
    }
}
