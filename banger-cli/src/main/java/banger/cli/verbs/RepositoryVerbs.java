package banger.cli.verbs;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.model.EnvironmentInfo;
import banger.api.model.EnvironmentSpec;
import banger.api.model.VmInfo;
import banger.cli.Flag;
import banger.cli.Invocation;
import banger.cli.Json;
import banger.cli.Session;
import banger.cli.Verb;
import banger.cli.environment.Approvals;
import banger.cli.environment.EnvironmentFile;
import banger.cli.environment.Recognised;
import banger.workspace.GuestPath;
import banger.workspace.RepoPath;
import banger.workspace.in.Inspection;
import banger.workspace.in.Look;
import banger.workspace.in.Source;
import banger.workspace.in.Wish;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** {@code env …} about a repository: what it asks for, and having that ready. */
public final class RepositoryVerbs {
    private RepositoryVerbs() {}

    private static Source source(Invocation i, Session session) {
        var place = i.operands().isEmpty() ? "." : i.operands().getFirst();
        return new Inspection(session.environment()).of(Wish.of(WorkspaceFlags.place(place)));
    }

    public static Verb approve() {
        return new Verb(
                "env approve",
                "show what a repository's .banger.toml asks for, and agree to it",
                "[PATH]",
                0,
                1,
                false,
                List.of(),
                List.of("banger env approve", "banger env approve ~/src/shop"),
                (i, session) -> {
                    var source = source(i, session);
                    var shown = WantedEnvironment.shownFile(session, source.repository());
                    var file = WantedEnvironment.of(session, Look.over(source), GuestPath.DEFAULT, true)
                            .file()
                            .orElseThrow(() -> new BangerException(
                                    ErrorCode.REPOSITORY_UNSUITABLE, shown + ": not there", "banger env init"));
                    approved(session, source, shown, file);
                    return 0;
                });
    }

    private static void approved(Session session, Source source, String shown, EnvironmentFile file) {
        session.terminal()
                .line(shown + " asks for:\n" + WantedEnvironment.lines(file).stripTrailing());
        new Approvals(session.layout()).record(source.repository().top(), file.digest());
        session.terminal().line(shown + ": agreed to, as it is now");
    }

    public static Verb init() {
        return new Verb(
                "env init",
                "write down in .banger.toml what is set up once for VMs of a repository",
                "[PATH]",
                0,
                1,
                false,
                List.of(),
                List.of("banger env init", "banger env init ~/src/shop"),
                RepositoryVerbs::init);
    }

    private static int init(Invocation i, Session session) {
        var source = source(i, session);
        var shown = WantedEnvironment.shownFile(session, source.repository());
        var recognised = WantedEnvironment.recognised(source, true);
        if (recognised.isEmpty())
            throw new BangerException(
                    ErrorCode.REPOSITORY_UNSUITABLE,
                    Preparation.shown(session, source.repository().top()) + ": no lock file that banger knows",
                    "write " + shown + " yourself, then banger env approve");
        var content = content(recognised).getBytes(StandardCharsets.UTF_8);
        var file = source.repository().top().resolve(EnvironmentFile.NAME.toString());
        try {
            // Not over what is there, and not through a link.
            Files.write(file, content, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
        } catch (FileAlreadyExistsException e) {
            throw new BangerException(
                            ErrorCode.REPOSITORY_UNSUITABLE, shown + ": is there already", "banger env approve")
                    .because(e);
        } catch (IOException e) {
            throw new BangerException(ErrorCode.REPOSITORY_UNSUITABLE, shown + ": " + e.getMessage()).because(e);
        }
        approved(session, source, shown, EnvironmentFile.of(shown, content));
        return 0;
    }

    /** All that is recognised has to be fetched from somewhere. */
    private static String content(List<Recognised> recognised) {
        var keys = recognised.stream()
                .flatMap(r -> r.keys().stream())
                .map(RepoPath::toString)
                .distinct();
        return """
                # What banger sets up once for VMs of this repository, and keeps: made anew when a key changes.
                # image = "debian-bookworm", vcpu = 2 and memory = "2G" may stand here too.
                [environment]
                setup = [%s]
                keys = [%s]
                nat = true
                """.formatted(quoted(recognised.stream().map(Recognised::command).toList()), quoted(keys.toList()));
    }

    private static String quoted(List<String> texts) {
        return texts.stream().map(t -> "\"" + t + "\"").collect(Collectors.joining(", "));
    }

    public static Verb build() {
        return new Verb(
                "env build",
                "set a repository's environment up now, for VMs of this image and size",
                "[PATH]",
                0,
                1,
                false,
                List.of(
                        Flag.of("--image", "IMAGE", "what it starts from (default: .banger.toml's, debian-bookworm)"),
                        Flag.of("--vcpu", "N", "processors (default: as for a new VM)"),
                        Flag.of("--memory", "SIZE", "memory, 2G or 2048 (default: as for a new VM)"),
                        Flag.yes("--nat", "let it reach the network outside"),
                        Flag.of("--engine", "ENGINE", "auto, qemu or firecracker (default: auto)"),
                        Flag.yes("--offline", "fetch nothing: what is missing is an error"),
                        Flag.of("--guest-path", "DIR", "where in the guest (default: /root/repo)"),
                        Flag.yes("--rebuild-env", "anew, though one is there"),
                        EnvironmentVerbs.JSON),
                List.of("banger env build", "banger env build ~/src/shop --nat --rebuild-env"),
                RepositoryVerbs::build);
    }

    private static int build(Invocation i, Session session) {
        var path = WorkspaceFlags.guestPath(i);
        var request = Sizing.request(i, true, true);
        var source = source(i, session);
        var wanted = WantedEnvironment.of(session, Look.over(source), path, true);
        var fitted = wanted.fitted(request);
        if (wanted.isRecognised() && !fitted.nat() && !wanted.names().isEmpty())
            throw new BangerException(
                    ErrorCode.USAGE,
                    "env build: " + wanted.names()
                            + " asks for what has to be fetched, and without --nat nothing can be",
                    "banger env build --nat");
        wanted.agreed();
        var spec = wanted.spec(fitted.nat(), i.has("--rebuild-env"))
                .orElseThrow(() -> new BangerException(
                        ErrorCode.REPOSITORY_UNSUITABLE,
                        Preparation.shown(session, source.repository().top()) + ": has nothing to set up",
                        "banger env init"));
        var asked = WantedEnvironment.with(fitted, spec);
        try (var keep = KeepOrDelete.of(session, true, cancel -> RunVerb.create(asked, session, cancel))) {
            keep.settingUp(true);
            switch (keep.vm().boot()) {
                case EnvironmentSpec.BOOT ->
                    session.terminal()
                            .line("environment of "
                                    + Preparation.shown(
                                            session, source.repository().top())
                                    + ": there already; --rebuild-env makes it anew");
                case EnvironmentSpec.SETUP -> {
                    var outcome = new EnvironmentSetup(session, source, path, wanted, spec).run(keep, false);
                    if (!(outcome instanceof EnvironmentSetup.Saved)) return 1;
                }
                default -> throw unsupported(keep.vm());
            }
        }
        if (i.has("--json"))
            made(session, spec).ifPresent(e -> session.terminal().out().println(Json.of(EnvironmentInfo.class, e)));
        return 0;
    }

    private static BangerException unsupported(VmInfo vm) {
        return new BangerException(
                ErrorCode.ENVIRONMENT_FAILED,
                "vm " + vm.name() + ": cannot be made into an environment: boot: " + vm.boot(),
                "banger doctor");
    }

    private static Optional<EnvironmentInfo> made(Session session, EnvironmentSpec spec) {
        return EnvironmentVerbs.all(session).stream()
                .filter(e -> e.repository().equals(spec.repository())
                        && e.guestPath().equals(spec.guestPath()))
                .findFirst();
    }
}
