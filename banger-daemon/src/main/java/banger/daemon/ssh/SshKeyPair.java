package banger.daemon.ssh;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.KeyPairGenerator;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;

/**
 * An Ed25519 key in OpenSSH's formats (PROTOCOL.key of OpenSSH), made without starting a process.
 *
 * @param privateKey the text of an unencrypted private key file
 * @param publicKey {@code ssh-ed25519 AAAA…}
 */
public record SshKeyPair(String privateKey, String publicKey) {
    private static final String TYPE = "ssh-ed25519";
    private static final int KEY_BYTES = 32;

    public static SshKeyPair generate(String comment) {
        try {
            var pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
            // X.509 and PKCS#8 of Ed25519 end with the raw 32 bytes (RFC 8410).
            return encode(
                    tail(pair.getPublic().getEncoded()), tail(pair.getPrivate().getEncoded()), comment);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] tail(byte[] encoded) {
        return Arrays.copyOfRange(encoded, encoded.length - KEY_BYTES, encoded.length);
    }

    private static SshKeyPair encode(byte[] publicBytes, byte[] seed, String comment) {
        var publicBlob = blob(out -> {
            string(out, TYPE.getBytes(StandardCharsets.US_ASCII));
            string(out, publicBytes);
        });
        int check = new SecureRandom().nextInt();
        var secret = blob(out -> {
            out.writeInt(check);
            out.writeInt(check);
            string(out, TYPE.getBytes(StandardCharsets.US_ASCII));
            string(out, publicBytes);
            out.writeInt(2 * KEY_BYTES);
            out.write(seed);
            out.write(publicBytes);
            string(out, comment.getBytes(StandardCharsets.UTF_8));
            for (int pad = 1; out.size() % 8 != 0; pad++) out.writeByte(pad);
        });
        var file = blob(out -> {
            out.write("openssh-key-v1\0".getBytes(StandardCharsets.US_ASCII));
            string(out, "none".getBytes(StandardCharsets.US_ASCII));
            string(out, "none".getBytes(StandardCharsets.US_ASCII));
            out.writeInt(0);
            out.writeInt(1);
            string(out, publicBlob);
            string(out, secret);
        });
        var base64 = Base64.getMimeEncoder(70, new byte[] {'\n'}).encodeToString(file);
        return new SshKeyPair(
                "-----BEGIN OPENSSH PRIVATE KEY-----\n" + base64 + "\n-----END OPENSSH PRIVATE KEY-----\n",
                TYPE + " " + Base64.getEncoder().encodeToString(publicBlob));
    }

    private interface Writer {
        void write(DataOutputStream out) throws IOException;
    }

    private static byte[] blob(Writer writer) {
        var bytes = new ByteArrayOutputStream();
        try (var out = new DataOutputStream(bytes)) {
            writer.write(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static void string(DataOutputStream out, byte[] bytes) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
    }
}
