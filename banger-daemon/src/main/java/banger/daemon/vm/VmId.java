package banger.daemon.vm;

import java.security.SecureRandom;
import java.util.HexFormat;

/** Twelve lower-case hexadecimal digits; people see the first eight. */
public record VmId(String value) {
    private static final SecureRandom RANDOM = new SecureRandom();
    public static final int SHORT = 8;

    public VmId {
        if (!value.matches("[0-9a-f]{12}")) throw new IllegalArgumentException("not a VM id: " + value);
    }

    static VmId fresh() {
        var bytes = new byte[6];
        RANDOM.nextBytes(bytes);
        return new VmId(HexFormat.of().formatHex(bytes));
    }

    public String abbreviated() {
        return value.substring(0, SHORT);
    }

    @Override
    public String toString() {
        return value;
    }
}
