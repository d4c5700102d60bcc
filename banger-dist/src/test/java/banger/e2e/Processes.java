package banger.e2e;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** A look at the processes of this machine. */
final class Processes {
    private Processes() {}

    /** @param words the command line; empty for one of the kernel's */
    record Seen(long pid, List<String> words, String cwd, List<String> environment) {
        @Override
        public String toString() {
            return pid + " in " + cwd + ": " + String.join(" ", words);
        }
    }

    static List<Seen> matching(Predicate<Seen> wanted) {
        var found = new ArrayList<Seen>();
        try (var all = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (var process : all) {
                try {
                    var seen = look(process);
                    if (!zombie(process) && wanted.test(seen)) found.add(seen);
                } catch (IOException e) {
                    continue; // it is gone meanwhile, or another user's
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return found;
    }

    private static Seen look(Path process) throws IOException {
        return new Seen(
                Long.parseLong(process.getFileName().toString()),
                strings(process.resolve("cmdline")),
                directory(process),
                strings(process.resolve("environ")));
    }

    /** Where it works, as this host calls it: a confined process has another name for it. */
    private static String directory(Path process) throws IOException {
        var named = Files.readSymbolicLink(process.resolve("cwd")).toString();
        if (named.equals("/")) return named;
        for (var mount : Mount.of(process)) if (mount.at.equals(named)) return mount.onHost();
        return named;
    }

    /** A line of mountinfo: which part of which file system is seen where. */
    private record Mount(String device, String root, String at) {
        static List<Mount> of(Path process) throws IOException {
            return Files.readAllLines(process.resolve("mountinfo")).stream()
                    .map(l -> l.split(" "))
                    .map(f -> new Mount(f[2], f[3], f[4]))
                    .toList();
        }

        String onHost() throws IOException {
            for (var other : of(Path.of("/proc/self")))
                if (other.device.equals(device) && root.startsWith(other.root))
                    return Path.of(other.at, root.substring(other.root.length()))
                            .toString();
            return at;
        }
    }

    private static List<String> strings(Path file) throws IOException {
        var text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        return text.isEmpty() ? List.of() : List.of(text.split("\0"));
    }

    private static boolean zombie(Path process) throws IOException {
        var stat = Files.readString(process.resolve("stat"), StandardCharsets.ISO_8859_1);
        return stat.startsWith("Z", stat.lastIndexOf(')') + 2);
    }

    static boolean alive(long pid) {
        return !matching(p -> p.pid() == pid).isEmpty();
    }
}
