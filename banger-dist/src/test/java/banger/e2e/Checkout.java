package banger.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A repository of the host's, called {@code shop}, with one commit of {@code tracked} and {@code sub/dir/run}, and
 * {@code *.o} ignored.
 */
record Checkout(Path top) {
    static Checkout in(Path directory) throws IOException, InterruptedException {
        var repo = new Checkout(directory.resolve("shop"));
        repo.write("tracked", "tracked\n");
        repo.write("sub/dir/run", "#!/bin/sh\npwd; exit 9\n");
        repo.write(".gitignore", "*.o\n");
        assertThat(repo.top.resolve("sub/dir/run").toFile().setExecutable(true)).isTrue();
        repo.git("init", "-q", "-b", "main");
        repo.git("config", "user.name", "A");
        repo.git("config", "user.email", "a@b");
        repo.git("add", "-A");
        repo.git("commit", "-q", "-m", "first");
        return repo;
    }

    void write(String name, String content) throws IOException {
        var file = top.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    /** What git printed. */
    String git(String... words) throws IOException, InterruptedException {
        var all = new ArrayList<>(List.of("git", "-C", top.toString()));
        all.addAll(List.of(words));
        var process = new ProcessBuilder(all).redirectErrorStream(true).start();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }

    /** Every file with its content and mode, git's own too but for objects and what is banger's there. */
    Map<String, String> snapshot() throws IOException {
        var all = new TreeMap<String, String>();
        try (var files = Files.walk(top)) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                var name = top.relativize(file).toString();
                if (name.startsWith(".git/objects/") || name.startsWith(".git/banger/")) continue;
                all.put(name, Files.getPosixFilePermissions(file) + " " + Arrays.hashCode(Files.readAllBytes(file)));
            }
        }
        return all;
    }

    /** {@code vm run} of the home's image, small. */
    static Program run(TestHome home, String... words) {
        var all = new ArrayList<>(List.of("vm", "run", "--image", home.image(), "--vcpu", "1", "--memory", "512M"));
        all.addAll(List.of(words));
        return home.banger(all);
    }

    @Override
    public String toString() {
        return top.toString();
    }
}
