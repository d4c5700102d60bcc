package banger.cli.verbs;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.model.ForkVm;
import banger.api.model.ForkedVms;
import banger.api.model.VmInfo;
import banger.cli.Flag;
import banger.cli.Invocation;
import banger.cli.Json;
import banger.cli.Session;
import banger.cli.Verb;
import java.util.List;
import java.util.Optional;

/** {@code vm fork}. */
public final class ForkVerb {
    private ForkVerb() {}

    public static Verb verb() {
        return new Verb(
                "vm fork",
                "copies of a VM, running on from where it is",
                "VM [-- COMMAND…]",
                1,
                1,
                true,
                List.of(
                        Flag.of("-n, --count", "N", "how many (default: 1)"),
                        Flag.of("--name", "NAME", "of the copy; of several, how their names begin (default: the VM's)"),
                        Flag.yes("--nat", "let them reach the network outside"),
                        Flag.yes("--json", "the copies as JSON on stdout")),
                List.of("banger vm fork box", "banger vm fork box -n 4 --name try", "banger vm fork box -- make test"),
                ForkVerb::run);
    }

    private static int run(Invocation i, Session session) {
        int count = i.value("--count").map(n -> Sizing.count("--count", n)).orElse(1);
        if (!i.command().isEmpty() && count != 1)
            throw new BangerException(
                    ErrorCode.USAGE, "vm fork: a command runs in one copy", "leave out --count, or the command");
        var forked = session.daemon()
                .operation(
                        "POST",
                        Paths.vm(i.operands().getFirst()) + "/fork",
                        ForkVm.class,
                        new ForkVm(count, i.value("--name").orElse(null), i.has("--nat")),
                        ForkedVms.class,
                        session.events());
        if (!i.command().isEmpty())
            return ExecVerbs.inWorkspace(
                    session,
                    forked.vms().getFirst().id(),
                    i,
                    Optional.ofNullable(forked.vms().getFirst().workspace()),
                    i.has("--nat"));
        if (i.has("--json")) session.terminal().out().println(Json.list(VmInfo.class, forked.vms()));
        else for (var vm : forked.vms()) session.terminal().out().println(vm.name());
        return 0;
    }
}
