package banger.cli.verbs;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.api.model.CreateVm;
import banger.api.model.EnvironmentSpec;
import banger.cli.Session;
import banger.cli.environment.Approvals;
import banger.cli.environment.EnvironmentFile;
import banger.cli.environment.Recognised;
import banger.workspace.GuestPath;
import banger.workspace.RepoPath;
import banger.workspace.git.HostRepository;
import banger.workspace.in.Listed;
import banger.workspace.in.Look;
import banger.workspace.in.Source;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** What a repository wants to have ready in its VMs: by its own word, which its owner must have agreed to, or recognised. */
final class WantedEnvironment {
    private final Session session;
    private final Look look;
    private final GuestPath path;
    private final Optional<EnvironmentFile> file;
    private final List<Recognised> recognised;

    private WantedEnvironment(
            Session session, Look look, GuestPath path, Optional<EnvironmentFile> file, List<Recognised> recognised) {
        this.session = session;
        this.look = look;
        this.path = path;
        this.file = file;
        this.recognised = recognised;
    }

    static WantedEnvironment none(Session session, Look look, GuestPath path) {
        return new WantedEnvironment(session, look, path, Optional.empty(), List.of());
    }

    /**
     * Reads its file, before the look at the rest is over; whatever is wrong with it is told here.
     *
     * @param tools whether what asks for tools counts
     */
    static WantedEnvironment of(Session session, Look look, GuestPath path, boolean tools) {
        try (var files = look.topFiles()) {
            var shown = shownFile(session, look.repository());
            var file = files.read(EnvironmentFile.NAME, EnvironmentFile.LARGEST)
                    .map(content -> EnvironmentFile.of(shown, content));
            for (var key : file.map(EnvironmentFile::keys).orElse(List.of()))
                if (!files.has(key))
                    throw new BangerException(
                            ErrorCode.CONFIG_INVALID, shown + ": keys: " + key + ": no such file in the repository");
            var recognised = file.isPresent() ? List.<Recognised>of() : recognised(look.source(), tools);
            return new WantedEnvironment(session, look, path, file, recognised);
        }
    }

    /** What its lock files say, whether it has a file of its own or not. */
    static List<Recognised> recognised(Source source, boolean tools) {
        var there = source.files().stream()
                .filter(f -> !f.isSubmodule() && f.stat().isRegular())
                .map(Listed::path)
                .collect(Collectors.toSet());
        return Recognised.in(name -> there.contains(RepoPath.of(name)), tools);
    }

    static String shownFile(Session session, HostRepository repository) {
        return Preparation.shown(session, repository.top()) + "/" + EnvironmentFile.NAME;
    }

    Optional<EnvironmentFile> file() {
        return file;
    }

    /** Whether nobody wrote down what is to be run. */
    boolean isRecognised() {
        return file.isEmpty();
    }

    /** The VM as the repository wants it, where no flag says otherwise. */
    CreateVm fitted(CreateVm r) {
        return file.map(f -> new CreateVm(
                        r.name(),
                        r.image() == null ? f.image().orElse(null) : r.image(),
                        r.vcpu() == null ? f.vcpu().orElse(null) : r.vcpu(),
                        r.memoryMib() == null ? f.memoryMib().orElse(null) : r.memoryMib(),
                        r.diskBytes(),
                        r.overlayBytes(),
                        r.nat() || f.nat(),
                        r.engine(),
                        r.start(),
                        r.offline(),
                        r.remove(),
                        r.boot(),
                        r.environment()))
                .orElse(r);
    }

    static CreateVm with(CreateVm r, EnvironmentSpec environment) {
        return new CreateVm(
                r.name(),
                r.image(),
                r.vcpu(),
                r.memoryMib(),
                r.diskBytes(),
                r.overlayBytes(),
                r.nat(),
                r.engine(),
                r.start(),
                r.offline(),
                r.remove(),
                r.boot(),
                environment);
    }

    /**
     * Shows what the file asks for unless that was agreed to, and asks.
     *
     * @throws BangerException {@code environment.unapproved}
     */
    void agreed() {
        if (file.isEmpty()) return;
        var asked = file.get();
        var top = look.repository().top();
        var approvals = new Approvals(session.layout());
        if (approvals.has(top, asked.digest())) return;
        if (!session.terminal().interactive()) throw unapproved("nobody agreed to what it asks for");
        var text = shownFile(session, look.repository()) + " is new or was changed; it asks for:\n" + lines(asked)
                + "agree, for this repository?";
        if (!Question.yes(session, text)) throw unapproved("not agreed to");
        approvals.record(top, asked.digest());
    }

    static String lines(EnvironmentFile asked) {
        return asked.asks().stream().map(l -> "  " + l + "\n").collect(Collectors.joining());
    }

    private BangerException unapproved(String why) {
        var place = Printable.word(look.repository().top().toString());
        var more = new ArrayList<>(file.orElseThrow().asks());
        more.add("banger env approve " + place + ", or banger vm run --no-env " + place);
        return new BangerException(
                ErrorCode.ENVIRONMENT_UNAPPROVED, shownFile(session, look.repository()) + ": " + why, more);
    }

    /**
     * What the VM is to continue from.
     *
     * @param network whether the VM has one: without it no lock file's command gets anything
     */
    Optional<EnvironmentSpec> spec(boolean network, boolean rebuild) {
        var commands = commands();
        if (commands.isEmpty()) return Optional.empty();
        if (isRecognised() && !network) {
            session.terminal()
                    .note(names() + ": with --nat its dependencies would be set up once (" + String.join("; ", commands)
                            + ") and kept; banger env init writes that down");
            return Optional.empty();
        }
        var keys = file.map(EnvironmentFile::keys)
                .orElseGet(() -> recognised.stream()
                        .flatMap(r -> r.keys().stream())
                        .distinct()
                        .toList());
        var digest = EnvironmentFile.sha256();
        try (var files = look.topFiles()) {
            files.digest(keys, digest);
        }
        return Optional.of(new EnvironmentSpec(
                look.repository().top().toString(),
                path.value(),
                commands,
                keys.stream().map(WantedEnvironment::text).toList(),
                HexFormat.of().formatHex(digest.digest()),
                rebuild));
    }

    private static String text(RepoPath path) {
        return new String(path.bytes(), StandardCharsets.UTF_8);
    }

    private List<String> commands() {
        return file.map(EnvironmentFile::setup)
                .orElseGet(() -> recognised.stream().map(Recognised::command).toList());
    }

    /** Variables of whoever runs us that setup commands get. */
    List<String> secrets() {
        return file.map(EnvironmentFile::secrets).orElse(List.of());
    }

    /** The files that it was recognised by. */
    String names() {
        return recognised.stream().map(Recognised::file).collect(Collectors.joining(", "));
    }
}
