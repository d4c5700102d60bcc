package banger.cli.verbs;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.cli.Flag;
import banger.cli.Invocation;
import banger.cli.Session;
import banger.cli.Verb;
import banger.workspace.out.Work;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** {@code vm workspace export}: a patch against a commit. */
public final class ExportVerb {
    private ExportVerb() {}

    public static Verb verb() {
        return new Verb(
                "vm workspace export",
                "a patch of the work tree in a VM against a commit",
                "VM",
                1,
                1,
                false,
                List.of(
                        Flag.of("--base-commit", "SHA", "against this commit (default: the VM's HEAD)"),
                        Flag.of("--output", "FILE", "write there (default: standard output)"),
                        Flag.of("--guest-path", "DIR", "another workspace of the VM (default: the one prepared last)")),
                List.of(
                        "banger vm workspace export brave-otter --output otter.patch",
                        "banger vm workspace export brave-otter | git apply",
                        "banger vm workspace export brave-otter --base-commit 3f2a91c"),
                ExportVerb::run);
    }

    private static int run(Invocation i, Session session) {
        var recorded = Recorded.of(session, i.operands().getFirst(), i.value("--guest-path"));
        var work = recorded.collect();
        var exported = i.value("--output").isPresent()
                ? toFile(i, work, Path.of(i.value("--output").get()).toAbsolutePath())
                : work.export(i.value("--base-commit"), session.streams().out());
        for (var change : exported.changes()) session.terminal().line(change.letter() + " " + change.path());
        session.terminal()
                .line("vm " + recorded.vm().name() + ": "
                        + (exported.changes().isEmpty()
                                ? "no changes"
                                : exported.changes().size() + " changed")
                        + " against " + (exported.commit().isEmpty() ? "nothing" : exported.commit()));
        DiffVerb.notes(session, recorded.vm().name(), work);
        for (var submodule : work.changedSubmodules())
            session.terminal()
                    .note(submodule + ": a submodule with changes of its own: --guest-path "
                            + Printable.word(recorded.record().guestPath() + "/" + submodule));
        return 0;
    }

    private static Work.Exported toFile(Invocation i, Work work, Path file) {
        var temporary = file.resolveSibling("." + file.getFileName() + ".new");
        try {
            try (var out = Files.newOutputStream(temporary)) {
                var exported = work.export(i.value("--base-commit"), out);
                Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                return exported;
            } finally {
                Files.deleteIfExists(temporary);
            }
        } catch (IOException e) {
            throw new BangerException(ErrorCode.HOST_TOOL_FAILED, file + ": cannot be written (" + e.getMessage() + ")")
                    .because(e);
        }
    }
}
