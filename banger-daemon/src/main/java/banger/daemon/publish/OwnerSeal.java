package banger.daemon.publish;

import banger.daemon.DurableFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Marks texts as written by this owner's daemon: engines trust what they load, so nothing that another user
 * made may get that far. The key is made at first use and never leaves its file.
 */
public final class OwnerSeal {
    private static final String ALGORITHM = "HmacSHA256";
    private static final int KEY_BYTES = 32;

    private final Path key;

    public OwnerSeal(Path key) {
        this.key = key;
    }

    /**
     * @param subject what the text is about: a text about one thing is not valid for another
     * @return 64 hexadecimal digits
     */
    public String of(String subject, byte[] text) throws IOException {
        if (!Files.exists(key, LinkOption.NOFOLLOW_LINKS)) {
            var fresh = new byte[KEY_BYTES];
            new SecureRandom().nextBytes(fresh);
            DurableFiles.write(key, fresh, "rw-------");
        }
        return computed(subject, text);
    }

    /** Whether this is what {@link #of} gave for just that; false also when there is no key. */
    public boolean fits(String seal, String subject, byte[] text) throws IOException {
        if (!Files.isRegularFile(key, LinkOption.NOFOLLOW_LINKS)) return false;
        return MessageDigest.isEqual(
                seal.getBytes(StandardCharsets.US_ASCII),
                computed(subject, text).getBytes(StandardCharsets.US_ASCII));
    }

    private String computed(String subject, byte[] text) throws IOException {
        var bytes = Files.readAllBytes(key);
        if (bytes.length != KEY_BYTES) throw new IOException(key + ": is no key of ours");
        try {
            var mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(bytes, ALGORITHM));
            mac.update(subject.getBytes(StandardCharsets.UTF_8));
            mac.update((byte) 0);
            return HexFormat.of().formatHex(mac.doFinal(text));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
