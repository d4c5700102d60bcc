package banger.cli.environment;

import banger.api.Printable;
import banger.workspace.RepoPath;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * A repository's {@code .banger.toml}.
 *
 * @param digest SHA-256 of the file as it lies there: what its owner agrees to
 * @param setup commands for {@code sh -c}; none: it only says what its VMs are like
 * @param keys files that the commands depend on
 * @param secrets variables of whoever runs banger that the commands get
 */
public record EnvironmentFile(
        String digest,
        List<String> setup,
        List<RepoPath> keys,
        List<String> secrets,
        Optional<String> image,
        Optional<Integer> vcpu,
        Optional<Integer> memoryMib,
        boolean nat) {
    public static final RepoPath NAME = RepoPath.of(".banger.toml");
    public static final int LARGEST = 64 << 10;

    /**
     * @param shown the file's name in errors
     * @throws banger.api.BangerException {@code config.invalid} naming file, line and column
     */
    public static EnvironmentFile of(String shown, byte[] content) {
        return EnvironmentToml.read(shown, content).file(sha256(content));
    }

    /** What it asks for, a line each, safe for a terminal. */
    public List<String> asks() {
        var lines = new ArrayList<String>();
        for (var command : setup) lines.add("setup   " + Printable.line(command));
        for (var key : keys) lines.add("key     " + key);
        for (var name : secrets) lines.add("secret  " + name + ": setup gets it, and it may stay in what is saved");
        image.ifPresent(i -> lines.add("image   " + Printable.line(i)));
        vcpu.ifPresent(n -> lines.add("vcpu    " + n));
        memoryMib.ifPresent(n -> lines.add("memory  " + n + " MiB"));
        if (nat) lines.add("nat     its VMs reach the network outside");
        if (lines.isEmpty()) lines.add("nothing");
        return lines;
    }

    public static String sha256(byte[] content) {
        return HexFormat.of().formatHex(sha256().digest(content));
    }

    public static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
