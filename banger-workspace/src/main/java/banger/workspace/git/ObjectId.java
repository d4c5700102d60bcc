package banger.workspace.git;

import banger.workspace.ObjectFormat;
import java.util.HexFormat;

/**
 * The name of a git object.
 *
 * @param hex 40 or 64 lower-case hexadecimal digits
 */
public record ObjectId(String hex) implements Comparable<ObjectId> {
    /** @throws IllegalArgumentException when it is no object id */
    public ObjectId {
        if (!isOne(hex)) throw new IllegalArgumentException("not an object id");
    }

    /** @param raw 20 or 32 bytes */
    public static ObjectId of(byte[] raw) {
        return new ObjectId(HexFormat.of().formatHex(raw));
    }

    /** The id of nothing: all digits zero. */
    public static ObjectId zero(ObjectFormat format) {
        return of(new byte[format.rawLength()]);
    }

    // By hand: a repository has tens of thousands, and the command line interprets most of what it runs.
    public static boolean isOne(String text) {
        if (text.length() != 40 && text.length() != 64) return false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) return false;
        }
        return true;
    }

    public byte[] raw() {
        return HexFormat.of().parseHex(hex);
    }

    public boolean isZero() {
        return hex.chars().allMatch(c -> c == '0');
    }

    public ObjectFormat format() {
        return hex.length() == 40 ? ObjectFormat.SHA1 : ObjectFormat.SHA256;
    }

    /** The first digits, for a person. */
    public String brief() {
        return hex.substring(0, 7);
    }

    @Override
    public int compareTo(ObjectId other) {
        return hex.compareTo(other.hex);
    }

    @Override
    public String toString() {
        return hex;
    }
}
