package banger.cli.verbs;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.model.VmInfo;
import banger.cli.Session;

/** The end of {@code vm run}: deletes the VM, also when we are being ended, or says that it still runs. */
final class KeepOrDelete implements AutoCloseable {
    private final Session session;
    private final String name;
    private boolean delete;
    private final Thread onExit = new Thread(this::end);
    private boolean done;

    KeepOrDelete(Session session, String name, boolean delete) {
        this.session = session;
        this.name = name;
        this.delete = delete;
        if (delete) Runtime.getRuntime().addShutdownHook(onExit);
    }

    /** What it was made for cannot be had: it goes, asked for or not. */
    synchronized void deleteAfterAll() {
        delete = true;
    }

    @Override
    public void close() {
        end();
        if (delete) {
            try {
                Runtime.getRuntime().removeShutdownHook(onExit);
            } catch (IllegalStateException e) {
                // We are being ended already: the hook has run or waits for this.
                return;
            }
        }
    }

    private synchronized void end() {
        if (done) return;
        done = true;
        if (delete) {
            deleteKeepingWork();
            return;
        }
        session.terminal()
                .dim("vm " + name + ": still running; banger vm ssh " + name + ", or banger vm delete " + name);
    }

    /** The command's status stays the command's, whatever becomes of the VM. */
    private void deleteKeepingWork() {
        try {
            session.daemon().operation("DELETE", "/v1/vms/" + name + "?rescue=1", VmInfo.class, session.events());
            session.terminal().dim("vm " + name + ": deleted");
        } catch (BangerException e) {
            if (e.code() != ErrorCode.WORKSPACE_UNPULLED) throw e;
            session.terminal().error(e.fact(), e.remedies());
        }
    }
}
