package banger.daemon.api;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.api.model.CommandStatus;
import banger.api.model.ForkVm;
import banger.api.model.ForkedVms;
import banger.api.model.SnapshotInfo;
import banger.api.model.TakeSnapshot;
import banger.api.model.VmInfo;
import banger.daemon.http.Exchange;
import banger.daemon.http.Operations;
import banger.daemon.http.Operations.OnDisconnect;
import banger.daemon.http.Router;
import banger.daemon.snapshot.Snapshot;
import banger.daemon.vm.Vm;
import banger.daemon.vm.VmLifecycle;
import banger.daemon.vm.VmRefs;
import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.util.Locale;
import java.util.Optional;

/** {@code /v1/vms/VM/snapshots}, and copies of VMs. */
public final class SnapshotRoutes {
    private static final int LONGEST_LABEL = 200;

    private final VmRefs refs;
    private final VmViews views;
    private final VmLifecycle lifecycle;
    private final Operations operations;

    public SnapshotRoutes(VmRefs refs, VmViews views, VmLifecycle lifecycle, Operations operations) {
        this.refs = refs;
        this.views = views;
        this.lifecycle = lifecycle;
        this.operations = operations;
    }

    public void addTo(Router router) {
        router.add("GET", "/v1/vms/{}/snapshots", x -> {
            var vm = refs.resolve(x.parameter(0));
            x.jsonList(
                    SnapshotInfo.class,
                    lifecycle.snapshots().list(vm).stream()
                            .map(s -> info(vm, s))
                            .toList());
        });
        router.add("POST", "/v1/vms/{}/snapshots", this::take);
        router.add("GET", "/v1/vms/{}/snapshots/{}", x -> {
            var vm = refs.resolve(x.parameter(0));
            x.json(SnapshotInfo.class, info(vm, lifecycle.snapshots().require(vm, x.parameter(1))));
        });
        router.add("PATCH", "/v1/vms/{}/snapshots/{}", this::ended);
        router.add("DELETE", "/v1/vms/{}/snapshots/{}", this::remove);
        router.add("POST", "/v1/vms/{}/snapshots/{}/restore", this::restore);
        router.add("POST", "/v1/vms/{}/fork", this::fork);
    }

    private static SnapshotInfo info(Vm vm, Snapshot s) {
        return new SnapshotInfo(
                vm.name().value(),
                s.number(),
                s.manifest().kind().name().toLowerCase(Locale.ROOT).replace('_', '-'),
                s.manifest().label(),
                s.hasMemory(),
                s.allocated(),
                s.manifest().createdAt(),
                s.status().orElse(null));
    }

    private void ended(Exchange x) throws IOException {
        var vm = refs.resolve(x.parameter(0));
        var snapshot = lifecycle.snapshots().require(vm, x.parameter(1));
        snapshot.ended(x.body(CommandStatus.class).status());
        x.json(SnapshotInfo.class, info(vm, snapshot));
    }

    private static String json(Vm vm, Snapshot snapshot) {
        return Jsonb.instance().type(SnapshotInfo.class).toJson(info(vm, snapshot));
    }

    private void take(Exchange x) throws IOException {
        var vm = refs.resolve(x.parameter(0));
        var request = x.body(TakeSnapshot.class);
        var kind = switch (request.kind()) {
            case "asked" -> Snapshot.Kind.ASKED;
            case "checkpoint" -> Snapshot.Kind.CHECKPOINT;
            default -> throw new BangerException(ErrorCode.USAGE, "kind: must be asked or checkpoint");
        };
        var label = Printable.line(request.label());
        if (label.length() > LONGEST_LABEL)
            throw new BangerException(ErrorCode.USAGE, "label: at most " + LONGEST_LABEL + " characters");
        if (kind == Snapshot.Kind.ASKED && label.matches("[0-9]+"))
            throw new BangerException(ErrorCode.USAGE, "label " + label + ": a number is what a snapshot has already");
        operations.stream(
                x,
                "vm.snapshot",
                vm.name().value(),
                OnDisconnect.GO_ON,
                p -> json(vm, lifecycle.snapshots().take(vm, kind, label, request.memory(), p)));
    }

    private void remove(Exchange x) throws IOException {
        var vm = refs.resolve(x.parameter(0));
        var snapshot = lifecycle.snapshots().find(vm, x.parameter(1));
        operations.stream(x, "snapshot.delete", vm.name().value(), OnDisconnect.GO_ON, p -> {
            lifecycle.snapshots().remove(vm, snapshot);
            return json(vm, snapshot);
        });
    }

    private void restore(Exchange x) throws IOException {
        var vm = refs.resolve(x.parameter(0));
        var snapshot = lifecycle.snapshots().require(vm, x.parameter(1));
        operations.stream(
                x,
                "vm.restore",
                vm.name().value(),
                OnDisconnect.GO_ON,
                p -> Jsonb.instance()
                        .type(VmInfo.class)
                        .toJson(views.of(lifecycle.snapshots().restore(vm, snapshot, p))));
    }

    private void fork(Exchange x) throws IOException {
        var vm = refs.resolve(x.parameter(0));
        var request = x.body(ForkVm.class);
        var names =
                lifecycle.forks().names(vm, Optional.ofNullable(request.name()), Math.clamp(request.count(), 0, 100));
        operations.stream(
                x,
                "vm.fork",
                vm.name().value(),
                OnDisconnect.CANCEL,
                p -> Jsonb.instance()
                        .type(ForkedVms.class)
                        .toJson(new ForkedVms(lifecycle.forks().fork(vm, names, request.nat(), p).stream()
                                .map(views::of)
                                .toList())));
    }
}
