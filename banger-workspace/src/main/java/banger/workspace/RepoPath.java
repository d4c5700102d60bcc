package banger.workspace;

import banger.api.Printable;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A name in a repository, relative to the top of its work tree, byte for byte as git has it: any bytes but
 * NUL, no empty, {@code .} or {@code ..} component, none that is {@code .git}, 1 to 4096 bytes. Ordered
 * by bytes, as git orders an index.
 */
public final class RepoPath implements Comparable<RepoPath> {
    /** Bytes. */
    public static final int LONGEST = 4096;

    private final byte[] bytes;

    private RepoPath(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Whether these bytes are such a name. */
    public static boolean valid(byte[] bytes) {
        if (bytes.length == 0 || bytes.length > LONGEST) return false;
        int start = 0;
        for (int i = 0; i <= bytes.length; i++) {
            if (i < bytes.length && bytes[i] == 0) return false;
            if (i < bytes.length && bytes[i] != '/') continue;
            if (!validComponent(bytes, start, i)) return false;
            start = i + 1;
        }
        return true;
    }

    private static boolean validComponent(byte[] b, int from, int to) {
        return switch (to - from) {
            case 0 -> false;
            case 1 -> b[from] != '.';
            case 2 -> b[from] != '.' || b[from + 1] != '.';
            case 4 ->
                !(b[from] == '.'
                        && (b[from + 1] | 0x20) == 'g'
                        && (b[from + 2] | 0x20) == 'i'
                        && (b[from + 3] | 0x20) == 't');
            default -> true;
        };
    }

    /** @throws IllegalArgumentException for what {@link #valid} does not take */
    public static RepoPath of(byte[] bytes) {
        if (!valid(bytes))
            throw new IllegalArgumentException(
                    "not a path of a work tree: " + Printable.quote(new String(bytes, StandardCharsets.UTF_8)));
        return new RepoPath(bytes.clone());
    }

    public static RepoPath of(String text) {
        return of(text.getBytes(StandardCharsets.UTF_8));
    }

    /** The {@code .git} of a submodule: a name that no list may hold, for asking whether it is there. */
    public static RepoPath ofGit(RepoPath submodule) {
        var git = Arrays.copyOf(submodule.bytes, submodule.bytes.length + 5);
        System.arraycopy(new byte[] {'/', '.', 'g', 'i', 't'}, 0, git, submodule.bytes.length, 5);
        return new RepoPath(git);
    }

    /** A copy. */
    public byte[] bytes() {
        return bytes.clone();
    }

    public int length() {
        return bytes.length;
    }

    /** This name inside a directory. */
    public RepoPath below(RepoPath directory) {
        var joined = Arrays.copyOf(directory.bytes, directory.bytes.length + 1 + bytes.length);
        joined[directory.bytes.length] = '/';
        System.arraycopy(bytes, 0, joined, directory.bytes.length + 1, bytes.length);
        return of(joined);
    }

    /** Whether it is the directory itself or lies in it. */
    public boolean within(RepoPath directory) {
        int n = directory.bytes.length;
        return bytes.length >= n
                && Arrays.equals(bytes, 0, n, directory.bytes, 0, n)
                && (bytes.length == n || bytes[n] == '/');
    }

    @Override
    public int compareTo(RepoPath other) {
        return Arrays.compareUnsigned(bytes, other.bytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RepoPath p && Arrays.equals(bytes, p.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    /** Safe for a terminal: what is no UTF-8 shows as its bytes, and so do control characters. */
    @Override
    public String toString() {
        var decoder = StandardCharsets.UTF_8.newDecoder();
        var in = ByteBuffer.wrap(bytes);
        var out = CharBuffer.allocate(bytes.length);
        var shown = new StringBuilder();
        while (true) {
            var result = decoder.decode(in, out, true);
            shown.append(Printable.line(out.flip().toString()));
            out.clear();
            if (result.isUnderflow()) return shown.toString();
            for (int n = result.length(); n > 0; n--) shown.append(String.format("\\x%02x", in.get()));
            decoder.reset();
        }
    }
}
