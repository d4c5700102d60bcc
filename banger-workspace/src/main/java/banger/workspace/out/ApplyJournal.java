package banger.workspace.out;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.workspace.FileStat;
import banger.workspace.RepoPath;
import banger.workspace.Syscalls;
import banger.workspace.git.HostRepository;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;

/**
 * A change of the user's files under way: {@code <git dir>/banger/apply-ID/}. It holds the new contents
 * ({@code new-N}), the originals ({@code old-N}) and the list of places, all on disk before the first place changes.
 * Whoever finds one, after a crash, takes all of it back; one that is marked {@code done} is only cleared away.
 */
final class ApplyJournal {
    private static final String DIRECTORY = "banger";
    private static final String PREFIX = "apply-";
    private static final String LIST = "places";
    private static final String DONE = "done";

    private final Path root;
    private final HostFiles files;
    private final List<Step> steps = new ArrayList<>();

    private ApplyJournal(Path root, HostFiles files) {
        this.root = root;
        this.files = files;
    }

    /** What happens at a place. */
    enum Kind {
        DIRECTORY,
        DELETE,
        ADD,
        REPLACE
    }

    /** @param number of its files in the journal */
    record Step(int number, Kind kind, RepoPath path) {}

    static ApplyJournal begin(HostRepository host, HostFiles files) {
        var parent = host.gitDir().resolve(DIRECTORY);
        try {
            Files.createDirectories(parent);
            var place = sameDevice(parent, host.top()) ? parent : host.top();
            return new ApplyJournal(
                    Files.createTempDirectory(place, place.equals(parent) ? PREFIX : "." + PREFIX), files);
        } catch (IOException e) {
            throw new BangerException(
                            ErrorCode.REPOSITORY_UNSUITABLE,
                            host.top() + ": the repository cannot be written to (" + e.getMessage() + ")",
                            "banger vm pull VM --patch FILE writes elsewhere")
                    .because(e);
        }
    }

    private static boolean sameDevice(Path a, Path b) throws IOException {
        return Files.getAttribute(a, "unix:dev").equals(Files.getAttribute(b, "unix:dev"));
    }

    Path fresh(int number) {
        return root.resolve("new-" + number);
    }

    private Path old(int number) {
        return root.resolve("old-" + number);
    }

    int add(Kind kind, RepoPath path) {
        steps.add(new Step(steps.size(), kind, path));
        return steps.size() - 1;
    }

    List<Step> steps() {
        return steps;
    }

    /** Everything that the change needs is on disk when this returns. */
    void commit() throws IOException {
        for (var step : steps)
            if (Files.isRegularFile(fresh(step.number), java.nio.file.LinkOption.NOFOLLOW_LINKS))
                sync(fresh(step.number));
        var text = new StringBuilder();
        for (var step : steps)
            text.append(step.number)
                    .append(' ')
                    .append(step.kind)
                    .append(' ')
                    .append(Base64.getEncoder().encodeToString(step.path.bytes()))
                    .append('\n');
        write(LIST, text.toString());
        sync(root.resolve(".."));
    }

    private void write(String name, String text) throws IOException {
        var temporary = root.resolve(name + ".new");
        Files.writeString(temporary, text);
        sync(temporary);
        Files.move(temporary, root.resolve(name));
        sync(root);
    }

    private static void sync(Path file) throws IOException {
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Changes one place. */
    void run(Step step) throws IOException {
        switch (step.kind) {
            case DIRECTORY -> {
                if (files.stat(step.path).isEmpty()) files.makeDirectory(step.path);
            }
            case DELETE -> {
                files.takeAway(step.path, old(step.number));
                removeEmptyAbove(step.path);
            }
            case ADD -> files.place(fresh(step.number), step.path);
            case REPLACE -> {
                files.keep(step.path, old(step.number));
                files.replace(fresh(step.number), step.path);
            }
        }
    }

    /** As git does with a directory whose last file is deleted. */
    private void removeEmptyAbove(RepoPath path) throws IOException {
        for (var directory : HostFiles.above(path).reversed()) {
            try {
                files.removeDirectory(directory);
            } catch (Syscalls.Refused e) {
                return; // something else lies in it
            }
        }
    }

    /** All places are changed: from here on it is not taken back. */
    void done() throws IOException {
        write(DONE, "");
        clear();
    }

    void clear() throws IOException {
        try (var all = Files.walk(root)) {
            for (var file : all.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(file);
        }
    }

    /**
     * Takes back what was changed.
     *
     * @return places that somebody changed since, which keep what they have; the originals stay in the journal then
     */
    List<RepoPath> undo() throws IOException {
        var kept = new ArrayList<RepoPath>();
        for (var step : steps.reversed()) {
            switch (step.kind) {
                case DIRECTORY -> {
                    try {
                        files.removeDirectory(step.path);
                    } catch (Syscalls.Refused e) {
                        continue; // it was there before, or something else lies in it
                    }
                }
                case DELETE -> {
                    if (!exists(old(step.number))) continue;
                    for (var directory : HostFiles.above(step.path))
                        if (files.stat(directory).isEmpty()) files.makeDirectory(directory);
                    if (files.stat(step.path).isPresent()) kept.add(step.path);
                    else files.place(old(step.number), step.path);
                }
                case ADD -> {
                    // Still in the journal: not placed yet.
                    if (!exists(fresh(step.number)) && files.stat(step.path).isPresent()) {
                        if (isOurs(step)) files.remove(step.path);
                        else kept.add(step.path);
                    }
                }
                case REPLACE -> {
                    if (!exists(old(step.number))) continue;
                    if (exists(fresh(step.number))) Files.delete(old(step.number));
                    else if (files.stat(step.path).isEmpty() || isOurs(step))
                        files.replace(old(step.number), step.path);
                    else kept.add(step.path);
                }
            }
        }
        if (kept.isEmpty()) clear();
        return kept;
    }

    /** What lies there is what was placed: it has the inode that was written down. */
    private boolean isOurs(Step step) throws IOException {
        var inode = root.resolve("inode-" + step.number);
        var stat = files.stat(step.path);
        return stat.isPresent()
                && Files.exists(inode)
                && Files.readString(inode).equals(mark(stat.get()));
    }

    /** Writes down what a new content is, to know it again. */
    void staged(int number) throws IOException {
        var file = fresh(number);
        try (var here = HostFiles.open(root)) {
            var stat =
                    here.stat(RepoPath.of("new-" + number)).orElseThrow(() -> new NoSuchFileException(file.toString()));
            Files.writeString(root.resolve("inode-" + number), mark(stat));
        }
    }

    private static String mark(FileStat stat) {
        return stat.inode() + " " + stat.size() + " " + stat.mtime();
    }

    private static boolean exists(Path file) {
        return Files.exists(file, java.nio.file.LinkOption.NOFOLLOW_LINKS);
    }

    /** Those that a crash left in a repository. */
    static List<ApplyJournal> left(HostRepository host, HostFiles files) throws IOException {
        var found = new ArrayList<ApplyJournal>();
        for (var place : List.of(host.gitDir().resolve(DIRECTORY), host.top())) {
            if (!Files.isDirectory(place)) continue;
            var pattern = place.equals(host.top()) ? "." + PREFIX + "*" : PREFIX + "*";
            try (var directories = Files.newDirectoryStream(place, pattern)) {
                for (var directory : directories) found.add(new ApplyJournal(directory, files));
            }
        }
        return found;
    }

    /** Whether it was carried out; its list of places is read. */
    boolean wasDone() throws IOException {
        if (!Files.exists(root.resolve(LIST))) return true; // nothing had been changed yet
        for (var line : Files.readAllLines(root.resolve(LIST), StandardCharsets.US_ASCII)) {
            var words = line.split(" ");
            steps.add(new Step(
                    Integer.parseInt(words[0]),
                    Kind.valueOf(words[1]),
                    RepoPath.of(Base64.getDecoder().decode(words[2]))));
        }
        return Files.exists(root.resolve(DONE));
    }

    Path root() {
        return root;
    }
}
