package banger.cli.verbs;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.cli.Flag;
import banger.cli.GuestCommand;
import banger.cli.Invocation;
import banger.cli.Session;
import banger.cli.Verb;
import java.util.List;

/** {@code vm exec}. */
public final class ExecVerbs {
    static final List<Flag> EXEC_FLAGS = List.of(
            Flag.yes("-t, --tty", "give the command a terminal even when ours is none"),
            Flag.yes("-T, --no-tty", "give it none"),
            Flag.of("-u, --user", "USER", "run as this user of the guest (default: root)"),
            Flag.of("-w, --cwd", "DIR", "run in this directory of the guest (default: the user's home)"),
            Flag.of("-e, --env", "NAME=VALUE", "set a variable; may be given several times"));

    private ExecVerbs() {}

    public static Verb exec() {
        return new Verb(
                "vm exec",
                "a command in a running VM; its exit status is yours",
                "VM -- COMMAND…",
                1,
                1,
                true,
                EXEC_FLAGS,
                List.of(
                        "banger vm exec brave-otter -- uname -a",
                        "banger vm exec brave-otter -- sh -c 'echo $HOME'",
                        "tar c src | banger vm exec brave-otter -- tar x"),
                ExecVerbs::run);
    }

    private static int run(Invocation i, Session session) {
        if (i.command().isEmpty())
            throw new BangerException(
                    ErrorCode.USAGE,
                    "vm exec: no command",
                    "banger vm exec " + i.operands().getFirst() + " -- uname -a");
        return new GuestCommand(session)
                .run(
                        Paths.segment(i.operands().getFirst()),
                        i.command(),
                        tty(i),
                        i.value("--user"),
                        i.value("--cwd"),
                        environment(i),
                        false);
    }

    static GuestCommand.Tty tty(Invocation i) {
        if (i.has("--tty") && i.has("--no-tty"))
            throw new BangerException(ErrorCode.USAGE, "--tty and --no-tty exclude each other");
        if (i.has("--tty")) return GuestCommand.Tty.YES;
        return i.has("--no-tty") ? GuestCommand.Tty.NO : GuestCommand.Tty.AUTO;
    }

    static List<String> environment(Invocation i) {
        var given = i.all("--env");
        for (var e : given)
            if (e.indexOf('=') < 1)
                throw new BangerException(ErrorCode.USAGE, "--env " + Printable.quote(e) + ": write NAME=VALUE");
        return given;
    }
}
