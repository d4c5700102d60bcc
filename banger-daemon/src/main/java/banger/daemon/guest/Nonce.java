package banger.daemon.guest;

import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;

/** Sixteen fresh random bytes that mark the beginning of a conversation. */
record Nonce(byte[] bytes) {
    private static final SecureRandom RANDOM = new SecureRandom();

    static Nonce fresh() {
        var bytes = new byte[16];
        RANDOM.nextBytes(bytes);
        return new Nonce(bytes);
    }

    String hex() {
        return HexFormat.of().formatHex(bytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Nonce n && Arrays.equals(bytes, n.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }
}
