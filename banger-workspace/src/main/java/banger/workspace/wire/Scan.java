package banger.workspace.wire;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.workspace.ObjectFormat;
import banger.workspace.RepoPath;
import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;

/**
 * The conversation that tells what differs from what was delivered. In order: {@link #begin}, {@link #state}; where that is
 * complete {@link #changes}; then {@link #level} and {@link #verdict} in turn until a level is empty.
 */
public final class Scan implements Closeable {
    /** Names, changes and refs that one scan may tell: memory is bounded, whatever a guest says. */
    private static final int MAX_ITEMS = 1_000_000;

    private final Frames frames;
    private final ObjectFormat format;
    private int items;

    /** @param format of the workspace as it was delivered */
    public Scan(Frames frames, ObjectFormat format) {
        this.frames = frames;
        this.format = format;
    }

    /** Whether there is a workspace. */
    public enum Completeness {
        NONE,
        INCOMPLETE,
        COMPLETE
    }

    /**
     * @param digest SHA-256 of the guest's manifest, hexadecimal; empty without one
     * @param head content of the guest's HEAD, unchecked text
     * @param gitProgram whether the image has a git
     */
    public record State(
            Completeness state, String digest, String format, String head, GitState git, boolean gitProgram) {}

    /** @param name a ref, {@code HEAD} where detached, {@code MERGE_HEAD} and the like, {@code refs/stash@{N}} */
    public record Ref(String id, byte[] name) {}

    /** What was delivered and is different, or gone. */
    public record Changes(List<Ref> refs, List<Entry> changed, List<RepoPath> deleted) {}

    /** A {@code .gitignore} that is new or changed. */
    public record Ignore(RepoPath path, byte[] content) {}

    /** @param type {@code f} file, {@code d} directory, {@code l} link, {@code r} a repository, {@code o} other */
    public record Name(char type, RepoPath path) {}

    /** One depth of names that were not delivered. */
    public record Level(List<Ignore> ignores, List<Name> names) {}

    /** @param saved the guest is of this build and about to be saved: it writes down what does not lie as recorded */
    public void begin(boolean saved) {
        frames.talk(() -> {
            frames.send(Type.BEGIN, (saved ? "saved=1\n" : "").getBytes(StandardCharsets.US_ASCII));
            frames.flush();
            return saved;
        });
    }

    public State state() {
        return frames.talk(() -> {
            var lines = frames.expect(Type.STATE).lines();
            return new State(
                    switch (lines.getOrDefault("state", "")) {
                        case "complete" -> Completeness.COMPLETE;
                        case "incomplete" -> Completeness.INCOMPLETE;
                        case "none" -> Completeness.NONE;
                        default -> throw new IOException("a workspace in no known state");
                    },
                    lines.getOrDefault("digest", ""),
                    lines.getOrDefault("format", ""),
                    lines.getOrDefault("head", ""),
                    GitState.of(digit(lines.getOrDefault("git", "0"))),
                    lines.getOrDefault("git-program", "0").equals("1"));
        });
    }

    private static int digit(String text) {
        return text.matches("[0-9]") ? text.charAt(0) - '0' : -1;
    }

    public Changes changes() {
        return frames.talk(() -> {
            var changes = new Changes(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
            while (true) {
                switch (frames.peek()) {
                    case Type.REF -> {
                        var fields = new Fields(frames.next().payload());
                        changes.refs.add(new Ref(fields.id(format), fields.rest()));
                        count(1);
                    }
                    case Type.CHANGED ->
                        changes.changed.addAll(counted(new Fields(frames.next().payload()).entries(format)));
                    case Type.DELETED ->
                        changes.deleted.addAll(counted(new Fields(frames.next().payload()).paths()));
                    default -> {
                        return changes;
                    }
                }
            }
        });
    }

    private <T> List<T> counted(List<T> list) {
        count(list.size());
        return list;
    }

    private void count(int n) {
        items += n;
        if (items > MAX_ITEMS)
            throw new BangerException(
                    ErrorCode.WORKSPACE_REFUSED,
                    "vm " + frames.vm() + ": more than " + String.format(Locale.ROOT, "%,d", MAX_ITEMS)
                            + " files, directories and refs in it are new or changed",
                    "name what is not work in a .gitignore there, or delete it, then the same again");
    }

    /** The next depth; empty names: there are no more, the scan is over. */
    public Level level() {
        return frames.talk(() -> {
            var level = new Level(new ArrayList<>(), new ArrayList<>());
            while (true) {
                var frame = frames.next();
                var fields = new Fields(frame.payload());
                switch (frame.type()) {
                    case Type.IGNORE -> {
                        level.ignores.add(new Ignore(fields.path(), fields.rest()));
                        count(1);
                    }
                    case Type.NAMES -> {
                        while (fields.more()) {
                            level.names.add(new Name((char) fields.u8(), fields.path()));
                            count(1);
                        }
                    }
                    case Type.LEVEL -> {
                        if (fields.count() != level.names.size()) throw new IOException("a level of another size");
                        if (level.names.isEmpty()) frames.expect(Type.SCANNED);
                        return level;
                    }
                    default -> throw new IOException("a frame of type " + frame.type() + " in a scan");
                }
            }
        });
    }

    /**
     * What of a level is ignored.
     *
     * @return the files and links of the level that are not
     */
    public List<Entry> verdict(BitSet ignored, int names) {
        return frames.talk(() -> {
            var bits = new byte[(names + 7) / 8];
            for (int i = ignored.nextSetBit(0); i >= 0 && i < names; i = ignored.nextSetBit(i + 1))
                bits[i / 8] |= (byte) (0x80 >> i % 8);
            // A level of more names than a frame has bits is sent in several, each full but the last.
            for (int at = 0; at < bits.length; at += Frames.MAX_PAYLOAD)
                frames.send(Type.VERDICT, bits, at, Math.min(Frames.MAX_PAYLOAD, bits.length - at));
            var news = new ArrayList<Entry>();
            while (frames.peek() == Type.NEW)
                news.addAll(counted(new Fields(frames.next().payload()).entries(format)));
            return news;
        });
    }

    /** A ref's name as text; for showing and comparing, not for writing. */
    public static String text(Ref ref) {
        return new String(ref.name(), StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        frames.close();
    }
}
