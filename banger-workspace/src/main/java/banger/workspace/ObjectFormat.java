package banger.workspace;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** How a repository names its objects. */
public enum ObjectFormat {
    SHA1("sha1", "SHA-1", 20),
    SHA256("sha256", "SHA-256", 32);

    private final String word;
    private final String algorithm;
    private final int rawLength;

    ObjectFormat(String word, String algorithm, int rawLength) {
        this.word = word;
        this.algorithm = algorithm;
        this.rawLength = rawLength;
    }

    /** As git writes it in {@code extensions.objectFormat}. */
    public String word() {
        return word;
    }

    /** Bytes of an id. */
    public int rawLength() {
        return rawLength;
    }

    /** @throws IllegalArgumentException for a format that no git has */
    public static ObjectFormat of(String word) {
        for (var f : values()) if (f.word.equals(word)) return f;
        throw new IllegalArgumentException("object format " + word);
    }

    public MessageDigest digest() {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The id of all zeros: none, or not known. */
    public String zero() {
        return "0".repeat(rawLength * 2);
    }

    /** An id as text, from its bytes. */
    public String hex(byte[] raw) {
        if (raw.length != rawLength) throw new IllegalArgumentException("an id of " + raw.length + " bytes");
        return HexFormat.of().formatHex(raw);
    }
}
