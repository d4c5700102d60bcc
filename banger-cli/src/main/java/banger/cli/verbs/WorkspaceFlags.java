package banger.cli.verbs;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.cli.Flag;
import banger.cli.Invocation;
import banger.workspace.GuestPath;
import banger.workspace.in.Wish;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The flags that say what of a repository goes in. */
final class WorkspaceFlags {
    static final List<Flag> ALL = Flag.about(
            "the repository",
            List.of(
                    Flag.of("--branch", "NAME", "make this branch in the guest"),
                    Flag.of("--from", "REF", "begin it there, with that commit's files (default: HEAD and yours)"),
                    Flag.yes("--include-untracked", "untracked files too; ignored ones never"),
                    Flag.of("--depth", "N", "commits of history, or full (default: 10)"),
                    Flag.of("--mode", "MODE", "full_copy: all history and untracked files too (default: tracked)"),
                    Flag.of("--guest-path", "DIR", "where in the guest (default: /root/repo)"),
                    Flag.yes("--readonly", "without write permission in the guest"),
                    Flag.yes("--dry-run", "list what would go in, and make nothing")));

    private WorkspaceFlags() {}

    /** A usage error for the first of these flags that was given. */
    static void refuseAll(Invocation i, String path) {
        for (var flag : ALL) {
            var name = flag.names();
            if (i.has(name)) throw withoutPath(path, name);
        }
    }

    static BangerException withoutPath(String path, String flag) {
        return new BangerException(
                ErrorCode.USAGE,
                path + ": " + flag + " is about a repository, and no PATH was given",
                "banger " + path + " . " + flag);
    }

    static GuestPath guestPath(Invocation i) {
        return i.value("--guest-path").map(GuestPath::new).orElse(GuestPath.DEFAULT);
    }

    static Wish wish(Invocation i, String path, Path place) {
        if (i.has("--from") && !i.has("--branch"))
            throw new BangerException(
                    ErrorCode.USAGE,
                    path + ": --from needs --branch",
                    "banger " + path + " . --branch NAME --from REF");
        var mode = i.value("--mode").orElse("tracked");
        if (!mode.equals("tracked") && !mode.equals("full_copy"))
            throw new BangerException(
                    ErrorCode.USAGE, "--mode " + Printable.quote(mode) + ": must be tracked or full_copy");
        return new Wish(
                place,
                i.value("--branch"),
                i.value("--from"),
                i.has("--include-untracked"),
                i.has("--readonly"),
                mode.equals("full_copy"),
                i.value("--depth").map(WorkspaceFlags::depth).orElse(Wish.DEPTH));
    }

    private static int depth(String text) {
        if (text.equals("full")) return 0;
        if (!text.matches("[0-9]{1,6}") || Integer.parseInt(text) < 1)
            throw new BangerException(
                    ErrorCode.USAGE, "--depth " + Printable.quote(text) + ": a number of 1 or more, or full");
        return Integer.parseInt(text);
    }

    /** A directory of the host's that was named. */
    static Path place(String operand) {
        var place = Path.of(operand).toAbsolutePath().normalize();
        if (!Files.exists(place))
            throw new BangerException(
                    ErrorCode.REPOSITORY_UNSUITABLE, Printable.quote(operand) + ": no such directory");
        if (!Files.isDirectory(place))
            throw new BangerException(
                    ErrorCode.REPOSITORY_UNSUITABLE,
                    Printable.quote(operand) + ": not a directory",
                    "name the repository, or a directory in it");
        return place;
    }
}
