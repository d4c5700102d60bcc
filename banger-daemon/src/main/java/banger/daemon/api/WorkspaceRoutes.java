package banger.daemon.api;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.api.model.WorkspaceInfo;
import banger.daemon.http.Exchange;
import banger.daemon.http.Relay;
import banger.daemon.http.Router;
import banger.daemon.vm.Machines;
import banger.daemon.vm.Vm;
import banger.daemon.vm.VmRefs;
import banger.daemon.vm.VmTable;
import banger.workspace.GuestPath;
import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.util.List;
import java.util.regex.Pattern;

/**
 * {@code /v1/vms/{}/workspace}: what is recorded of a VM's workspace, and the relay of the conversation
 * between the client and the agent. The daemon reads no byte of that: the repository is the client's.
 */
public final class WorkspaceRoutes {
    private static final List<String> OPS = List.of("prepare", "scan", "read");
    private static final Pattern HEAD = Pattern.compile("(?:[0-9a-f]{40}|[0-9a-f]{64})?");

    private final VmRefs refs;
    private final VmTable table;
    private final Machines machines;

    public WorkspaceRoutes(VmRefs refs, VmTable table, Machines machines) {
        this.refs = refs;
        this.table = table;
        this.machines = machines;
    }

    public void addTo(Router router) {
        router.add("GET", "/v1/vms/{}/workspace", this::recorded);
        router.add("PUT", "/v1/vms/{}/workspace", this::record);
        router.add("POST", "/v1/vms/{}/workspace", this::converse);
    }

    private Vm vm(Exchange x) {
        return refs.resolve(x.parameter(0));
    }

    private void recorded(Exchange x) throws IOException {
        var vm = vm(x);
        var info = VmViews.workspace(vm)
                .orElseThrow(() -> new BangerException(
                        ErrorCode.WORKSPACE_NONE, "vm " + vm.name() + ": no workspace was prepared in it"));
        x.json(WorkspaceInfo.class, info);
    }

    private void record(Exchange x) throws IOException {
        var vm = vm(x);
        var info = x.body(WorkspaceInfo.class);
        new GuestPath(info.guestPath());
        new GuestPath(info.directory());
        if (!HEAD.matcher(info.head()).matches())
            throw new BangerException(
                    ErrorCode.USAGE, "head " + Printable.quote(info.head()) + ": not the id of a commit");
        table.workspace(vm.id(), Jsonb.instance().type(WorkspaceInfo.class).toJson(info));
        x.json(WorkspaceInfo.class, info);
    }

    private void converse(Exchange x) throws IOException {
        var vm = vm(x);
        var op = x.query("op").orElse("");
        if (!OPS.contains(op))
            throw new BangerException(
                    ErrorCode.USAGE, "op " + Printable.quote(op) + ": must be one of " + String.join(", ", OPS));
        var path = new GuestPath(x.query("path").orElse(""));
        Relay.join(x, machines.require(vm).agent().workspace(op, path.encoded()));
    }
}
