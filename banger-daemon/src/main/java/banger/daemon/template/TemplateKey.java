package banger.daemon.template;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/**
 * Everything that a machine must have in common with the template it continues from; engines check none of it.
 *
 * @param values by names that people read
 */
public record TemplateKey(Map<String, String> values) {
    public TemplateKey {
        values = new TreeMap<>(values);
    }

    /** Of what has more in common. */
    public TemplateKey with(Map<String, String> more) {
        var all = new TreeMap<>(values);
        all.putAll(more);
        return new TemplateKey(all);
    }

    /** 64 hexadecimal digits: the template's name. */
    public String digest() {
        try {
            var sha = MessageDigest.getInstance("SHA-256");
            values.forEach((name, value) -> {
                sha.update(name.getBytes(StandardCharsets.UTF_8));
                sha.update((byte) 0);
                sha.update(value.getBytes(StandardCharsets.UTF_8));
                sha.update((byte) 0);
            });
            return HexFormat.of().formatHex(sha.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
