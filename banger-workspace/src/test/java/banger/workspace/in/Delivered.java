package banger.workspace.in;

import static org.assertj.core.api.Assertions.assertThat;

import banger.api.Layout;
import banger.workspace.GuestPath;
import banger.workspace.WorkspaceDirectory;
import banger.workspace.testing.AgentOnHost;
import banger.workspace.testing.Repo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A home, an agent without a VM, and deliveries between a repository and it. */
final class Delivered {
    static final String VM = "0123456789ab";

    private static final Map<String, String> ENVIRONMENT =
            Map.of("PATH", "/usr/bin:/bin", "HOME", "/nonexistent", "GIT_CONFIG_NOSYSTEM", "1");

    final AgentOnHost agent;
    final Layout layout;

    Delivered(Path home) {
        agent = new AgentOnHost(home);
        layout = Layout.of(Map.of("BANGER_HOME", home.resolve("banger").toString()), home);
    }

    Source look(Wish wish) {
        return new Inspection(ENVIRONMENT).of(wish);
    }

    Import.Outcome deliver(Wish wish) {
        return deliver(wish, false);
    }

    Import.Outcome deliver(Wish wish, boolean force) {
        return pack(wish).deliver(VM, agent, force);
    }

    Import pack(Wish wish) {
        return Import.pack(layout, ENVIRONMENT, VM, look(wish), GuestPath.DEFAULT);
    }

    /** A delivery whose connection breaks after so many bytes from the host. */
    void deliverUntil(Wish wish, int bytes) {
        var breaking = new BreakingConversations(agent, bytes);
        Import.pack(layout, ENVIRONMENT, VM, look(wish), GuestPath.DEFAULT).deliver(VM, breaking, false);
    }

    Repo guest() {
        return Repo.at(agent.at(GuestPath.DEFAULT));
    }

    Path at(String path) {
        return guest().top().resolve(path);
    }

    Repo shadow(GuestPath path) {
        return Repo.at(WorkspaceDirectory.of(layout, VM, path).shadow());
    }

    /** What git says of it on both sides is the same, and so is every file that it tracks. */
    void assertSame(Repo host) {
        var guest = guest();
        for (var question : List.of(
                "rev-parse --verify -q HEAD",
                "symbolic-ref -q HEAD",
                "ls-files -s -z",
                "status --porcelain=v1 -uno -z",
                "diff --cached --raw -z --abbrev=40",
                "diff --binary")) {
            assertThat(guest.run(question.split(" "))).describedAs(question).isEqualTo(host.run(question.split(" ")));
        }
        // The blob of a file that is only intended to be added is in neither.
        assertThat(guest.run("fsck", "--full", "--no-dangling")).isEqualTo(host.run("fsck", "--full", "--no-dangling"));
        assertTreeIsWhatLiesThere();
    }

    /** The base names exactly the guest's files, byte for byte. */
    void assertTreeIsWhatLiesThere() {
        // Raw bytes, hashed by git itself.
        var guest = guest();
        var expected = new TreeMap<String, String>();
        for (var line : guest.git("ls-files", "-z", "--cached", "--others").split("\0")) {
            if (line.isEmpty()) continue;
            var name = new String(
                    line.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1),
                    java.nio.charset.StandardCharsets.ISO_8859_1);
            expected.put(name, "");
        }
        var base =
                shadow(GuestPath.DEFAULT).git("ls-tree", "-r", "-z", "--name-only", "--full-tree", "refs/banger/base");
        var present = Arrays.stream(base.split("\0")).filter(n -> !n.isEmpty()).collect(Collectors.toSet());
        assertThat(expected.keySet()).containsAll(present);
        shadow(GuestPath.DEFAULT).git("fsck", "--no-dangling");
    }

    /** Every file with its size, mode, link or content and time; git's lock files and access times left out. */
    static Map<String, String> snapshot(Path directory) {
        var all = new TreeMap<String, String>();
        try (var paths = Files.walk(directory)) {
            for (var p : paths.toList()) all.put(directory.relativize(p).toString(), describe(p));
            // Git freshens the time of an object that it would have written and that is there.
            all.replaceAll((name, text) -> name.contains(".git/objects/") ? "object" : text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return all;
    }

    private static String describe(Path p) throws IOException {
        var mode = Files.getAttribute(p, "unix:mode", LinkOption.NOFOLLOW_LINKS);
        if (Files.isSymbolicLink(p)) return mode + " -> " + Files.readSymbolicLink(p);
        if (Files.isDirectory(p)) return mode + " directory";
        return mode + " " + Files.getLastModifiedTime(p) + " " + Arrays.hashCode(Files.readAllBytes(p));
    }
}
