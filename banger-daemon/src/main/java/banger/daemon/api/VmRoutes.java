package banger.daemon.api;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.model.CreateVm;
import banger.api.model.ExecRequest;
import banger.api.model.KillVm;
import banger.api.model.SetVm;
import banger.api.model.SshInfo;
import banger.api.model.StopVm;
import banger.api.model.VmInfo;
import banger.api.text.VmListing;
import banger.daemon.http.Exchange;
import banger.daemon.http.Operations;
import banger.daemon.http.Operations.OnDisconnect;
import banger.daemon.http.Relay;
import banger.daemon.http.Router;
import banger.daemon.progress.Progress;
import banger.daemon.vm.Machines;
import banger.daemon.vm.OnUnpulled;
import banger.daemon.vm.SshKeys;
import banger.daemon.vm.Vm;
import banger.daemon.vm.VmLifecycle;
import banger.daemon.vm.VmRefs;
import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.util.Optional;

/** {@code /v1/vms}. */
public final class VmRoutes {
    private final VmLifecycle lifecycle;
    private final VmRefs refs;
    private final VmViews views;
    private final Machines machines;
    private final SshKeys keys;
    private final Operations operations;

    public VmRoutes(
            VmLifecycle lifecycle, VmRefs refs, VmViews views, Machines machines, SshKeys keys, Operations operations) {
        this.lifecycle = lifecycle;
        this.refs = refs;
        this.views = views;
        this.machines = machines;
        this.keys = keys;
        this.operations = operations;
    }

    public void addTo(Router router) {
        router.add("GET", "/v1/vms", this::list);
        router.add("POST", "/v1/vms", this::create);
        router.add("GET", "/v1/vms/{}", x -> x.json(VmInfo.class, views.of(vm(x))));
        router.add("PATCH", "/v1/vms/{}", this::set);
        router.add("DELETE", "/v1/vms/{}", this::delete);
        router.add("POST", "/v1/vms/{}/start", this::start);
        router.add("POST", "/v1/vms/{}/pause", x -> change(x, "vm.pause", lifecycle::pause));
        router.add("POST", "/v1/vms/{}/resume", x -> change(x, "vm.resume", lifecycle::resume));
        router.add("POST", "/v1/vms/{}/suspend", x -> change(x, "vm.suspend", lifecycle::suspend));
        router.add("POST", "/v1/vms/{}/stop", this::stop);
        router.add("POST", "/v1/vms/{}/kill", this::kill);
        router.add("POST", "/v1/vms/{}/exec", this::exec);
        router.add("POST", "/v1/vms/{}/forward", this::forward);
        router.add("GET", "/v1/vms/{}/ssh", this::ssh);
    }

    private Vm vm(Exchange x) {
        return refs.resolve(x.parameter(0));
    }

    private String json(Vm vm) {
        return Jsonb.instance().type(VmInfo.class).toJson(views.of(vm));
    }

    private void create(Exchange x) throws IOException {
        var request = x.body(CreateVm.class);
        var name = Optional.ofNullable(request.name()).orElse("");
        operations.stream(x, "vm.create", name, OnDisconnect.CANCEL, p -> json(lifecycle.create(request, p)));
    }

    private void start(Exchange x) throws IOException {
        var vm = vm(x);
        boolean cold = x.query("cold").isPresent();
        operations.stream(
                x, "vm.start", vm.name().value(), OnDisconnect.CANCEL, p -> json(lifecycle.start(vm, cold, p)));
    }

    private interface Change {
        Vm make(Vm vm, Progress progress);
    }

    private void change(Exchange x, String name, Change change) throws IOException {
        var vm = vm(x);
        operations.stream(x, name, vm.name().value(), OnDisconnect.GO_ON, p -> json(change.make(vm, p)));
    }

    private void stop(Exchange x) throws IOException {
        var vm = vm(x);
        var request = x.body(StopVm.class);
        operations.stream(
                x,
                "vm.stop",
                vm.name().value(),
                OnDisconnect.GO_ON,
                p -> json(lifecycle.stop(vm, request.graceful(), p)));
    }

    private void kill(Exchange x) throws IOException {
        var vm = vm(x);
        var request = x.body(KillVm.class);
        operations.stream(
                x,
                "vm.kill",
                vm.name().value(),
                OnDisconnect.GO_ON,
                p -> json(lifecycle.kill(vm, request.signal(), p)));
    }

    private void delete(Exchange x) throws IOException {
        var vm = vm(x);
        var before = json(vm);
        var unpulled = x.query("discard").isPresent()
                ? OnUnpulled.DISCARD
                : x.query("rescue").isPresent() ? OnUnpulled.RESCUE : OnUnpulled.REFUSE;
        operations.stream(x, "vm.delete", vm.name().value(), OnDisconnect.GO_ON, p -> {
            lifecycle.delete(vm, unpulled, p);
            return before;
        });
    }

    private void set(Exchange x) throws IOException {
        var vm = vm(x);
        var change = x.body(SetVm.class);
        x.json(VmInfo.class, views.of(lifecycle.set(vm, change)));
    }

    /** As JSON; or, for a client that could not make one, as the table that people see. */
    private void list(Exchange x) throws IOException {
        var columns = x.query("columns");
        if (columns.isEmpty()) {
            x.jsonList(VmInfo.class, views.all());
            return;
        }
        if (!columns.get().matches("[0-9]{1,5}")) throw new BangerException(ErrorCode.USAGE, "columns: not a number");
        var vms = views.all();
        var table = VmListing.of(vms);
        int most = Integer.parseInt(columns.get());
        x.text("text/plain; charset=utf-8", vms.isEmpty() ? "" : most == 0 ? table.toString() : table.within(most));
    }

    private void exec(Exchange x) throws IOException {
        var vm = vm(x);
        // A client that knows nothing of workspaces and checkpoints asks so: where to run, behind what, and after what.
        if (x.query("workspace").filter("none"::equals).isPresent()
                && (!vm.workspace().isEmpty() || views.checkpoints()))
            throw new BangerException(
                    ErrorCode.USAGE,
                    "vm " + vm.name().value() + ": it has a workspace or checkpoints, and the request says none");
        var request = x.body(ExecRequest.class);
        var running = machines.require(vm);
        Relay.command(x, running.agent().exec(request), request.tty() != null, running::listen);
    }

    private void forward(Exchange x) throws IOException {
        var vm = vm(x);
        var port = x.query("port").orElse("");
        if (!port.matches("[0-9]{1,5}") || Integer.parseInt(port) < 1 || Integer.parseInt(port) > 65535)
            throw new BangerException(ErrorCode.USAGE, "port: must be from 1 to 65535");
        Relay.join(x, machines.require(vm).agent().forward(Integer.parseInt(port)));
    }

    private void ssh(Exchange x) throws IOException {
        var vm = vm(x);
        var health = machines.require(vm).agent().health();
        x.json(
                SshInfo.class,
                new SshInfo(
                        vm.name().value(),
                        "root",
                        keys.userKey().toString(),
                        keys.knownHosts(vm.id()).toString(),
                        SshKeys.hostAlias(vm.id()),
                        !health.getOrDefault("sshd", "1").equals("0")));
    }
}
