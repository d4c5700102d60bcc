package banger.workspace.git;

import banger.workspace.ObjectFormat;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * The name of a git object.
 *
 * @param hex 40 or 64 lower-case hexadecimal digits
 */
public record ObjectId(String hex) implements Comparable<ObjectId> {
    private static final Pattern FORM = Pattern.compile("[0-9a-f]{40}|[0-9a-f]{64}");

    /** @throws IllegalArgumentException when it is no object id */
    public ObjectId {
        if (!FORM.matcher(hex).matches()) throw new IllegalArgumentException("not an object id");
    }

    /** @param raw 20 or 32 bytes */
    public static ObjectId of(byte[] raw) {
        return new ObjectId(HexFormat.of().formatHex(raw));
    }

    /** The id of nothing: all digits zero. */
    public static ObjectId zero(ObjectFormat format) {
        return of(new byte[format.rawLength()]);
    }

    public static boolean isOne(String text) {
        return FORM.matcher(text).matches();
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
