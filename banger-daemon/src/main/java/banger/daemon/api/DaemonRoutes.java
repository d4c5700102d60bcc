package banger.daemon.api;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Layout;
import banger.api.model.DaemonInfo;
import banger.api.model.OperationInfo;
import banger.daemon.Build;
import banger.daemon.http.Exchange;
import banger.daemon.http.Operations;
import banger.daemon.http.Router;
import banger.daemon.vm.Machines;
import java.io.IOException;
import java.time.Instant;

/** {@code /v1/daemon} and {@code /v1/operations}. */
public final class DaemonRoutes {
    private final Layout layout;
    private final Machines machines;
    private final Operations operations;
    private final Runnable stop;
    private final Instant started = Instant.now();

    /** @param stop begins the daemon's end; returns at once */
    public DaemonRoutes(Layout layout, Machines machines, Operations operations, Runnable stop) {
        this.layout = layout;
        this.machines = machines;
        this.operations = operations;
        this.stop = stop;
    }

    public void addTo(Router router) {
        router.add("GET", "/v1/daemon", x -> x.json(DaemonInfo.class, info()));
        router.add("POST", "/v1/daemon/stop", this::stop);
        router.add("GET", "/v1/operations", x -> x.jsonList(OperationInfo.class, operations.list()));
    }

    private DaemonInfo info() {
        return new DaemonInfo(
                Build.VERSION,
                Build.id(),
                (int) ProcessHandle.current().pid(),
                layout.socket().toString(),
                layout.daemonLog().toString(),
                layout.state().toString(),
                started.toString(),
                machines.all().size(),
                operations.list().size());
    }

    private void stop(Exchange x) throws IOException {
        if (!operations.list().isEmpty() && !x.query("force").orElse("").equals("1"))
            throw new BangerException(
                    ErrorCode.DAEMON_BUSY,
                    "the daemon has " + operations.list().size() + " operations under way",
                    "wait for them, or banger daemon stop --force");
        x.json(DaemonInfo.class, info());
        stop.run();
    }
}
