package banger.cli.verbs;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.client.Cancel;
import banger.api.model.CreateVm;
import banger.api.model.EnvironmentSpec;
import banger.api.model.VmInfo;
import banger.cli.Flag;
import banger.cli.GuestCommand;
import banger.cli.Invocation;
import banger.cli.Session;
import banger.cli.Verb;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** {@code vm run}: a new VM, a repository in it perhaps, and something in it. */
public final class RunVerb {
    /** Ours, not the command's, which did not run. */
    private static final int SETUP_FAILED = 125;

    private RunVerb() {}

    public static Verb verb() {
        var flags = new ArrayList<>(Sizing.FLAGS);
        flags.addAll(Flag.about(
                "the VM",
                List.of(
                        Flag.yes("--rm", "delete the VM when the command or the session ends"),
                        Flag.yes("-d, --detach", "leave the VM running and return"))));
        flags.addAll(WorkspaceFlags.ALL);
        flags.addAll(Flag.about(
                "the repository",
                List.of(
                        Flag.yes("--no-bootstrap", "do not install the tools that the repository asks for"),
                        Flag.yes("--no-env", "without its environment, and whatever .banger.toml says"),
                        Flag.yes("--rebuild-env", "set its environment up anew"))));
        flags.addAll(ExecVerbs.EXEC_FLAGS);
        return new Verb(
                "vm run",
                "a new VM, your repository in it, and a shell or a command",
                "[PATH] [-- COMMAND…]",
                0,
                1,
                true,
                flags,
                List.of(
                        "banger vm run . -- make test",
                        "banger vm run --rm -- uname -a",
                        "banger vm run ~/src/shop --branch fix --nat",
                        "banger vm run . --include-untracked --dry-run",
                        "banger vm run --image debian-minimal --memory 1G --name box"),
                RunVerb::run);
    }

    private static int run(Invocation i, Session session) {
        refuseNonsense(i);
        var request = Sizing.request(i, true, i.has("--rm"));
        if (i.operands().isEmpty()) {
            WorkspaceFlags.refuseAll(i, "vm run");
            for (var flag : List.of("--no-env", "--rebuild-env"))
                if (i.has(flag)) throw WorkspaceFlags.withoutPath("vm run", flag);
            return inNew(i, session, request);
        }
        try (var repository = RunRepository.of(i, session)) {
            if (i.has("--dry-run")) {
                repository.list();
                return 0;
            }
            return inRepository(i, session, repository, request, vm -> repository.use(i, vm));
        }
    }

    /** What a VM with the repository in it is for. */
    interface Use {
        int of(VmInfo vm);
    }

    /** Makes it, has it set up where the repository asks for that, and deletes it afterwards if it is to be removed. */
    static int inRepository(Invocation i, Session session, RunRepository repository, CreateVm request, Use use) {
        var wanted = repository.environment(i);
        var fitted = wanted.fitted(request);
        repository.refuseToolsWithoutNetwork(i, fitted.nat());
        wanted.agreed();
        // Whoever says how a machine is to begin does not mean a saved one.
        var spec = fitted.boot() == null
                ? wanted.spec(fitted.nat(), i.has("--rebuild-env"))
                : Optional.<EnvironmentSpec>empty();
        var status = spec.isPresent()
                ? inEnvironment(session, repository, wanted, fitted, spec.get(), use)
                : OptionalInt.empty();
        return status.isPresent() ? status.getAsInt() : withRepository(session, repository, fitted, use);
    }

    private static int withRepository(Session session, RunRepository repository, CreateVm request, Use use) {
        repository.pack();
        try (var keep = KeepOrDelete.of(session, request.remove(), cancel -> create(request, session, cancel))) {
            repository.deliver(keep.vm(), keep);
            return use.of(keep.vm());
        }
    }

    /** @return empty: it cannot be set up with this image, and nothing is left of the try */
    private static OptionalInt inEnvironment(
            Session session,
            RunRepository repository,
            WantedEnvironment wanted,
            CreateVm request,
            EnvironmentSpec spec,
            Use use) {
        var asked = WantedEnvironment.with(request, spec);
        try (var keep = KeepOrDelete.of(session, asked.remove(), cancel -> create(asked, session, cancel))) {
            var vm = keep.vm();
            repository.looked(keep);
            if (vm.boot().equals(EnvironmentSpec.SETUP)) {
                switch (repository.setUp(keep, wanted, spec)) {
                    case EnvironmentSetup.Saved saved -> vm = saved.vm();
                    case EnvironmentSetup.Failed _ -> {
                        return OptionalInt.of(SETUP_FAILED);
                    }
                    case EnvironmentSetup.NoProgram _ -> {
                        keep.deleteAfterAll();
                        return OptionalInt.empty();
                    }
                }
            }
            repository.deliverDifference(vm);
            return OptionalInt.of(use.of(vm));
        }
    }

    private static void refuseNonsense(Invocation i) {
        boolean command = !i.command().isEmpty();
        if (i.separator() && !command)
            throw new BangerException(ErrorCode.USAGE, "vm run: no command after --", "banger vm run -- uname -a");
        if (i.has("--detach") && i.has("--rm"))
            throw new BangerException(
                    ErrorCode.USAGE, "vm run: --detach and --rm exclude each other", "leave one of them out");
        if (i.has("--no-env") && i.has("--rebuild-env"))
            throw new BangerException(
                    ErrorCode.USAGE, "vm run: --no-env and --rebuild-env exclude each other", "leave one of them out");
        if (i.has("--detach") && command)
            throw new BangerException(
                    ErrorCode.USAGE,
                    "vm run: --detach and a command exclude each other",
                    "banger vm run -d --name box, then banger vm exec box -- COMMAND");
        ExecVerbs.tty(i);
        ExecVerbs.environment(i);
    }

    private static int inNew(Invocation i, Session session, CreateVm request) {
        try (var keep = KeepOrDelete.of(session, i.has("--rm"), cancel -> create(request, session, cancel))) {
            if (i.has("--detach")) return 0;
            if (i.command().isEmpty())
                return SshVerbs.session(session, keep.vm().id(), List.of());
            return new GuestCommand(session)
                    .run(
                            keep.vm().id(),
                            i.command(),
                            ExecVerbs.tty(i),
                            i.value("--user"),
                            i.value("--cwd"),
                            ExecVerbs.environment(i),
                            false);
        }
    }

    /** Creates and boots, telling what is made. Ctrl-C cancels it: the daemon undoes what was done. */
    static VmInfo create(CreateVm request, Session session) {
        return create(request, session, new Cancel());
    }

    static VmInfo create(CreateVm request, Session session, Cancel cancel) {
        var daemon = session.daemon();
        return daemon.operation("POST", "/v1/vms", CreateVm.class, request, VmInfo.class, session.events(), cancel);
    }
}
