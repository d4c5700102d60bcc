package banger.cli.verbs;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.model.CreateVm;
import banger.api.model.VmInfo;
import banger.cli.Flag;
import banger.cli.GuestCommand;
import banger.cli.Invocation;
import banger.cli.Session;
import banger.cli.Verb;
import java.util.ArrayList;
import java.util.List;

/** {@code vm run}: a new VM, and something in it. */
public final class RunVerb {
    private RunVerb() {}

    public static Verb verb() {
        var flags = new ArrayList<>(Sizing.FLAGS);
        flags.add(Flag.yes("--rm", "delete the VM when the command or the session ends"));
        flags.add(Flag.yes("-d, --detach", "leave the VM running and return"));
        flags.addAll(ExecVerbs.EXEC_FLAGS);
        return new Verb(
                "vm run",
                "a new VM with a shell, or with a command whose exit status is yours",
                "[-- COMMAND…]",
                0,
                0,
                true,
                flags,
                List.of(
                        "banger vm run",
                        "banger vm run --rm -- uname -a",
                        "banger vm run --image debian-minimal --memory 1G --name box"),
                RunVerb::run);
    }

    private static int run(Invocation i, Session session) {
        boolean command = !i.command().isEmpty();
        if (i.separator() && !command)
            throw new BangerException(ErrorCode.USAGE, "vm run: no command after --", "banger vm run -- uname -a");
        if (i.has("--detach") && i.has("--rm"))
            throw new BangerException(
                    ErrorCode.USAGE, "vm run: --detach and --rm exclude each other", "leave one of them out");
        if (i.has("--detach") && command)
            throw new BangerException(
                    ErrorCode.USAGE,
                    "vm run: --detach and a command exclude each other",
                    "banger vm run -d --name box, then banger vm exec box -- COMMAND");
        var request = Sizing.request(i, true, i.has("--rm"));
        var vm = create(request, session);
        var keep = new KeepOrDelete(session, vm.name(), i.has("--rm"));
        try (keep) {
            if (i.has("--detach")) return 0;
            int status = command
                    ? new GuestCommand(session)
                            .run(
                                    vm.id(),
                                    i.command(),
                                    ExecVerbs.tty(i),
                                    i.value("--user"),
                                    i.value("--cwd"),
                                    ExecVerbs.environment(i),
                                    false)
                    : SshVerbs.session(session, vm.id(), List.of());
            return status;
        }
    }

    /** Creates and boots, telling what is made. Ctrl-C cancels it: the daemon undoes what was done. */
    static VmInfo create(CreateVm request, Session session) {
        var daemon = session.daemon();
        return daemon.operation("POST", "/v1/vms", CreateVm.class, request, VmInfo.class, session.events());
    }
}
