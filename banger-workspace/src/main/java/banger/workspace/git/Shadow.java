package banger.workspace.git;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.workspace.ObjectFormat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A bare repository of ours beside the user's: what was shipped to a guest, and what came back before anybody trusts
 * it. It reads the user's objects as alternates and never writes there; when they vanish, what was shipped and what
 * came back is still here.
 *
 * @param gitDir the repository
 * @param git runs in it with nothing of the user's
 */
public record Shadow(Path gitDir, ObjectFormat format, Git git) {
    /** What was delivered: a commit whose tree is the base. */
    public static final String BASE = "refs/banger/base";

    /** What the guest's refs were at the last look, below this. */
    public static final String GUEST = "refs/banger/guest/";

    private static final String HOME = "empty-home";

    /** What is made here for the time of one command. */
    private static final String BROKEN_OFF = "{ignores,index,incoming,blob}-*";

    /**
     * Makes an empty one.
     *
     * @param environment of this process
     * @param gitDir must not be there yet
     */
    public static Shadow create(Map<String, String> environment, Path gitDir, HostRepository host) {
        try {
            Files.createDirectories(gitDir.resolve(HOME));
            var shadow = new Shadow(gitDir, host.format(), gitIn(environment, gitDir));
            shadow.git.need(
                    "init",
                    "--quiet",
                    "--bare",
                    "--template=",
                    "--object-format=" + host.format().word(),
                    gitDir.toString());
            // An own configuration: nothing of init's defaults that a version of git may add counts.
            var version = host.format() == ObjectFormat.SHA1 ? "0" : "1";
            Files.writeString(
                    gitDir.resolve("config"),
                    "[core]\n\trepositoryformatversion = " + version + "\n\tbare = true\n\tlogAllRefUpdates = false\n"
                            + "\tsharedRepository = 0600\n"
                            + (version.equals("1") ? "[extensions]\n\tobjectFormat = sha256\n" : ""));
            shadow.reads(host.objects());
            return shadow;
        } catch (IOException e) {
            throw new BangerException(ErrorCode.HOST_DISK_FULL, "shadow repository " + gitDir + ": " + e.getMessage())
                    .because(e);
        }
    }

    /** One that was made; empty when there is none. */
    public static Optional<Shadow> open(Map<String, String> environment, Path gitDir, ObjectFormat format) {
        if (!Files.isRegularFile(gitDir.resolve("config"))) return Optional.empty();
        sweep(gitDir, BROKEN_OFF);
        sweep(gitDir.resolve("objects/pack"), "tmp_*");
        return Optional.of(new Shadow(gitDir, format, gitIn(environment, gitDir)));
    }

    /** Removes what those left that were ended in the middle; whoever is at work now is younger. */
    private static void sweep(Path directory, String names) {
        var old = FileTime.from(Instant.now().minus(Duration.ofDays(1)));
        try (var found = Files.newDirectoryStream(directory, names)) {
            for (var one : found) if (Files.getLastModifiedTime(one).compareTo(old) < 0) remove(one);
        } catch (IOException | DirectoryIteratorException e) {
            // Another one sweeps too, or there is nothing to sweep: what is left takes room, and nothing else.
            return;
        }
    }

    private static void remove(Path place) throws IOException {
        try (var files = Files.walk(place)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) Files.delete(file);
        }
    }

    private static Git gitIn(Map<String, String> environment, Path gitDir) {
        return Git.shadow(environment, gitDir, gitDir.resolve(HOME));
    }

    /** Reads the host's objects from here on; also after the repository was moved. */
    public void reads(Path objects) throws IOException {
        var name = objects.toString();
        if (name.indexOf('\n') >= 0) throw new IOException("a line break in " + objects);
        // A quoted line is read with C's escapes; an unquoted one cannot begin with a quote or a hash sign.
        Files.createDirectories(gitDir.resolve("objects/info"));
        Files.writeString(gitDir.resolve("objects/info/alternates"), name + "\n");
    }

    /** Where the shipped history was cut: commits whose parents the guest did not get. */
    public void cuts(List<ObjectId> commits) throws IOException {
        var file = gitDir.resolve("shallow");
        if (commits.isEmpty()) {
            Files.deleteIfExists(file);
            return;
        }
        var text = new StringBuilder();
        for (var commit : commits) text.append(commit.hex()).append('\n');
        Files.write(file, text.toString().getBytes(StandardCharsets.US_ASCII));
    }
}
