package banger.daemon.publish;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 in lower-case hexadecimal. */
public final class Sha256 {
    private static final int CHUNK = 1 << 20;

    private Sha256() {}

    public static String of(Path file) throws IOException {
        var digest = newDigest();
        try (InputStream in = Files.newInputStream(file)) {
            var buffer = new byte[CHUNK];
            for (int n; (n = in.read(buffer)) >= 0; ) {
                if (Thread.interrupted()) throw new java.io.InterruptedIOException(file + ": interrupted");
                digest.update(buffer, 0, n);
            }
        }
        return hex(digest);
    }

    public static String of(String text) {
        var digest = newDigest();
        digest.update(text.getBytes(StandardCharsets.UTF_8));
        return hex(digest);
    }

    public static MessageDigest newDigest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    public static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }
}
