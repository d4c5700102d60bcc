package banger.cli.verbs;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.api.Times;
import banger.api.model.EnvironmentSpec;
import banger.api.model.SaveEnvironment;
import banger.api.model.VmInfo;
import banger.cli.QuietCommand;
import banger.cli.Session;
import banger.workspace.GuestPath;
import banger.workspace.WorkspaceDirectory;
import banger.workspace.in.Import;
import banger.workspace.in.Source;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Makes an environment of a machine that is nobody's yet: the repository without its owner's identity, the commands, the
 * save. Nothing else of the user's reaches the guest before that.
 */
final class EnvironmentSetup {
    /** What a shell says of a program that is not there. */
    private static final int NOT_FOUND = 127;

    private final Session session;
    private final Source source;
    private final GuestPath path;
    private final WantedEnvironment wanted;
    private final EnvironmentSpec spec;

    /** How it went. */
    sealed interface Outcome {}

    /** @param vm which continued from what was saved, or has ended */
    record Saved(VmInfo vm) implements Outcome {}

    /** It was told why. */
    record Failed(int status) implements Outcome {}

    /** What nobody wrote down needs a program that the image does not have. */
    record NoProgram() implements Outcome {}

    EnvironmentSetup(Session session, Source source, GuestPath path, WantedEnvironment wanted, EnvironmentSpec spec) {
        this.session = session;
        this.source = source;
        this.path = path;
        this.wanted = wanted;
        this.spec = spec;
    }

    /** @param start whether the VM is to go on from what was saved */
    Outcome run(KeepOrDelete keep, boolean start) {
        var vm = keep.vm();
        var t = session.terminal();
        keep.settingUp(true);
        if (wanted.isRecognised())
            t.note(wanted.names() + ": set up once and kept (" + String.join("; ", spec.setup())
                    + "); banger env init writes that down, --no-env goes without");
        var secrets = secrets(keep);
        var packed = Import.pack(session.layout(), session.environment(), vm.id(), source, path);
        var workspace = new Preparation(session).deliverForSetup(vm, source, packed, path);
        var began = System.nanoTime();
        var log = session.layout().setupLog(vm.id());
        try (var output = new SetupOutput(session, log)) {
            for (var command : spec.setup()) {
                var shown = Printable.line(command);
                output.begin(shown);
                var placed = Placed.in(Optional.of(workspace), words(command), vm.nat());
                var variables = new ArrayList<>(placed.environment());
                variables.addAll(secrets);
                if (workspace.mise()) variables.add("MISE_YES=1");
                int status = QuietCommand.runInto(
                        session.daemon(),
                        vm.id(),
                        placed.command(),
                        Optional.of(path.value()),
                        variables,
                        output::take);
                output.end();
                if (status == NOT_FOUND && wanted.isRecognised()) {
                    t.warning("image " + vm.image() + " has no program for " + shown
                            + "; going on without an environment (--no-env does not try)");
                    return new NoProgram();
                }
                if (status != 0) {
                    t.error(
                            "vm " + vm.name() + ": setup failed: " + shown + ": status " + status,
                            List.of("all it printed: " + log, "nothing was saved; --no-env goes without it"));
                    return new Failed(status);
                }
            }
        }
        if (!Tooling.found(session.daemon(), vm.id(), path, source)) noteWithoutMise(vm);
        t.line("vm " + vm.name() + ": set up in " + Times.took((System.nanoTime() - began) / 1_000_000));
        var saved = session.daemon()
                .operation(
                        "POST",
                        Paths.vm(vm.id()) + "/environment",
                        SaveEnvironment.class,
                        new SaveEnvironment(start),
                        VmInfo.class,
                        session.events());
        if (start) keep.settingUp(false);
        return new Saved(saved);
    }

    /** Whoever continues from the save need not ask again. */
    private void noteWithoutMise(VmInfo vm) {
        var file = WorkspaceDirectory.of(session.layout(), vm.id(), path).withoutMise();
        try {
            Files.createFile(file);
        } catch (IOException e) {
            throw new BangerException(ErrorCode.HOST_DISK_FULL, file + ": " + e.getMessage()).because(e);
        }
    }

    /** Asked for in the repository's file, and given by name only. */
    private List<String> secrets(KeepOrDelete keep) {
        var given = new ArrayList<String>();
        for (var name : wanted.secrets()) {
            var value = session.environment().get(name);
            if (value == null) {
                keep.deleteAfterAll();
                throw new BangerException(
                        ErrorCode.ENVIRONMENT_FAILED,
                        WantedEnvironment.shownFile(session, source.repository()) + ": secrets: " + name
                                + " is not set here",
                        "export " + name + ", then again; --no-env goes without");
            }
            given.add(name + "=" + value);
        }
        if (!given.isEmpty())
            session.terminal()
                    .warning(String.join(", ", wanted.secrets())
                            + ": setup gets it, and it may stay in the environment that is saved");
        return given;
    }

    private static List<byte[]> words(String command) {
        return Stream.of("sh", "-c", command)
                .map(w -> w.getBytes(StandardCharsets.UTF_8))
                .toList();
    }
}
