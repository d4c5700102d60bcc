package banger.daemon.image;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.process.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What this host lets us do when building an image.
 *
 * @param uid ours
 * @param user our name
 */
record Host(int uid, String user) {
    private static final int RANGE = 65536;
    private static final Pattern KIB = Pattern.compile("(?m)^MemAvailable: +([0-9]+) kB$");

    static Host current() {
        try {
            var uid = (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
            return new Host(uid, System.getProperty("user.name", "?"));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    boolean isRoot() {
        return uid == 0;
    }

    /**
     * An ordinary user needs subordinate users to build with; better said now than after a download.
     *
     * @throws BangerException {@code host.tool-missing} with the command that helps
     */
    void checkSubordinateUsers(Path etc) {
        if (isRoot()) return;
        if (Programs.find("newuidmap").isEmpty())
            throw new BangerException(
                    ErrorCode.HOST_TOOL_MISSING,
                    "newuidmap: not found on this host; without it only root can build images",
                    "sudo apt-get install uidmap");
        var uids = lines(etc.resolve("subuid"));
        var gids = lines(etc.resolve("subgid"));
        if (hasRange(uids) && hasRange(gids)) return;
        int first = Math.max(firstFree(uids), firstFree(gids));
        var range = first + "-" + (first + RANGE - 1);
        throw new BangerException(
                ErrorCode.HOST_TOOL_MISSING,
                "user " + user + " has no subordinate users (/etc/subuid, /etc/subgid), which building an image needs",
                "sudo usermod --add-subuids " + range + " --add-subgids " + range + " " + user);
    }

    private boolean hasRange(List<String[]> lines) {
        return lines.stream()
                .anyMatch(l -> (l[0].equals(user) || l[0].equals(Integer.toString(uid))) && number(l[2]) >= RANGE);
    }

    private static int firstFree(List<String[]> lines) {
        long end =
                lines.stream().mapToLong(l -> number(l[1]) + number(l[2])).max().orElse(0);
        return (int) Math.min(Math.max(end, 100_000), Integer.MAX_VALUE - 2 * RANGE);
    }

    private static long number(String text) {
        return text.matches("[0-9]{1,10}") ? Long.parseLong(text) : 0;
    }

    private static List<String[]> lines(Path file) {
        try (var in = Files.newBufferedReader(file)) {
            return in.lines()
                    .map(l -> l.strip().split(":"))
                    .filter(l -> l.length == 3)
                    .toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    /**
     * Memory that a build can take for a while without anybody noticing: half of what is available to us
     * in this control group, in MiB.
     */
    static long spareMemoryMib() {
        try {
            var meminfo = KIB.matcher(Files.readString(Path.of("/proc/meminfo")));
            long available = meminfo.find() ? Long.parseLong(meminfo.group(1)) / 1024 : 0;
            for (var limit : LIMITS.entrySet()) available = Math.min(available, left(limit.getKey(), limit.getValue()));
            return available / 2;
        } catch (IOException e) {
            return 0;
        }
    }

    /** Limit and usage of a container's control group, version 2 and 1. */
    private static final Map<String, String> LIMITS = Map.of(
            "/sys/fs/cgroup/memory.max",
            "/sys/fs/cgroup/memory.current",
            "/sys/fs/cgroup/memory/memory.limit_in_bytes",
            "/sys/fs/cgroup/memory/memory.usage_in_bytes");

    private static long left(String limitFile, String usageFile) throws IOException {
        var limit = Path.of(limitFile);
        var usage = Path.of(usageFile);
        if (!Files.isReadable(limit) || !Files.isReadable(usage)) return Long.MAX_VALUE;
        var text = Files.readString(limit).strip();
        if (!text.matches("[0-9]{1,18}")) return Long.MAX_VALUE;
        var used = Files.readString(usage).strip();
        return (Long.parseLong(text) - (used.matches("[0-9]{1,18}") ? Long.parseLong(used) : 0)) >> 20;
    }
}
