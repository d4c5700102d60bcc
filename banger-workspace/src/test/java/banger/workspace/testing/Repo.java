package banger.workspace.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A real repository, worked on with the real git. */
public final class Repo {
    private final Path top;

    private Repo(Path top) {
        this.top = top;
    }

    /** A work tree that is there. */
    public static Repo at(Path top) {
        return new Repo(top);
    }

    /** A new one without commits, on branch main. */
    public static Repo init(Path top, String... arguments) {
        try {
            Files.createDirectories(top);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        var repo = new Repo(top);
        var all = new ArrayList<>(List.of("init", "-q", "-b", "main"));
        all.addAll(Arrays.asList(arguments));
        repo.git(all.toArray(String[]::new));
        return repo;
    }

    public Path top() {
        return top;
    }

    public Repo write(String path, String content) {
        try {
            var file = top.resolve(path);
            Files.createDirectories(file.getParent());
            Files.writeString(file, content);
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Repo commit(String message) {
        git("add", "-A");
        git("commit", "-q", "--allow-empty", "-m", message);
        return this;
    }

    /** What git prints; a failure of git's is the test's. */
    public String git(String... arguments) {
        var ran = run(arguments);
        if (ran.status != 0) throw new AssertionError("git " + String.join(" ", arguments) + ": " + ran.output);
        return ran.output;
    }

    /** Its status and everything it prints. */
    public record Ran(int status, String output) {}

    public Ran run(String... arguments) {
        return sh(git(top, arguments));
    }

    private static List<String> git(Path directory, String... arguments) {
        var all = new ArrayList<>(List.of("git", "-C", directory.toString()));
        all.addAll(Arrays.asList(arguments));
        return all;
    }

    private Ran sh(List<String> command) {
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        var environment = builder.environment();
        environment.keySet().removeIf(k -> k.startsWith("GIT_"));
        environment.put("GIT_CONFIG_GLOBAL", "/dev/null");
        environment.put("GIT_CONFIG_NOSYSTEM", "1");
        environment.put("LC_ALL", "C.UTF-8");
        for (var who : List.of("AUTHOR", "COMMITTER")) {
            environment.put("GIT_" + who + "_NAME", "A U Thor");
            environment.put("GIT_" + who + "_EMAIL", "author@example.com");
            environment.put("GIT_" + who + "_DATE", "1700000000 +0000");
        }
        try {
            var process = builder.start();
            var output = new String(process.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            return new Ran(process.waitFor(), output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
