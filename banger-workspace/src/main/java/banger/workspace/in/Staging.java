package banger.workspace.in;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Layout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.regex.Pattern;

/**
 * A place beside the workspaces of VMs for that of a VM which does not exist yet. Named for the process
 * that works there; what a dead one left is removed by the next.
 *
 * @param name where a VM's id would be
 */
public record Staging(Path directory, String name) implements AutoCloseable {
    private static final Pattern NAME = Pattern.compile("\\.new-([0-9]+)-([0-9]+)");

    /** @throws BangerException when nothing can be written there */
    public static Staging begin(Layout layout) {
        try {
            Files.createDirectories(layout.workspaces());
            try (var there = Files.newDirectoryStream(layout.workspaces(), ".new-*")) {
                for (var d : there) if (abandoned(d.getFileName().toString())) remove(d);
            }
            long pid = ProcessHandle.current().pid();
            var name = ".new-" + pid + "-" + startOf(pid);
            return new Staging(Files.createDirectories(layout.workspaces().resolve(name)), name);
        } catch (IOException e) {
            throw new BangerException(ErrorCode.HOST_DISK_FULL, layout.workspaces() + ": " + e.getMessage()).because(e);
        }
    }

    private static boolean abandoned(String name) {
        var m = NAME.matcher(name);
        return m.matches() && !startOf(Long.parseLong(m.group(1))).equals(m.group(2));
    }

    /** Field 22 of its stat; empty for a process that is not there. */
    private static String startOf(long pid) {
        try {
            var stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            return stat.substring(stat.lastIndexOf(')') + 2).split(" ")[19];
        } catch (IOException e) {
            return "";
        }
    }

    private static void remove(Path directory) throws IOException {
        try (var paths = Files.walk(directory)) {
            for (var path : paths.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(path);
        } catch (NoSuchFileException | UncheckedIOException e) {
            return; // another process removes it at the same time
        }
    }

    @Override
    public void close() {
        try {
            remove(directory);
        } catch (IOException e) {
            // The next prepare of a new VM removes it.
            return;
        }
    }
}
