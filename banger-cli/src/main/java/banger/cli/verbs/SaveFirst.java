package banger.cli.verbs;

import banger.api.model.VmInfo;
import banger.cli.Session;
import banger.workspace.GuestPath;
import banger.workspace.WorkspaceDirectory;
import banger.workspace.out.Rescue;
import banger.workspace.out.Unpulled;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/** Saves what a guest changed before {@code --force} overwrites it: all work trees of one repository. */
final class SaveFirst {
    private final Session session;
    private final VmInfo vm;

    SaveFirst(Session session, VmInfo vm) {
        this.session = session;
        this.vm = vm;
    }

    /** @throws banger.api.BangerException when not all of it can be saved; then nothing may be overwritten */
    void all(GuestPath path) {
        var directory = WorkspaceDirectory.of(session.layout(), vm.id(), path);
        var delivered = Unpulled.delivered(session.environment(), directory);
        if (delivered.isEmpty()) return;
        var guest = new DaemonGuest(session.daemon(), vm.id(), vm.name());
        var saved = Rescue.save(guest, delivered.get(), session.layout().rescue(), Instant.now());
        saved.ifPresent(r -> {
            session.terminal().note("what the guest changed in " + path + " is saved: " + r.bundle());
            for (var command : r.commands(vm.name())) session.terminal().note("to bring it back: " + command);
        });
        for (var submodule : delivered.get().record().submodules())
            all(path.below(new String(submodule, StandardCharsets.UTF_8)));
    }
}
