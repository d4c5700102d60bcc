package banger.daemon.api;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.api.model.EngineInfo;
import banger.api.model.EnginePull;
import banger.daemon.engine.HostEngines;
import banger.daemon.engine.firecracker.FirecrackerPull;
import banger.daemon.engine.firecracker.FirecrackerRelease;
import banger.daemon.http.Exchange;
import banger.daemon.http.Operations;
import banger.daemon.http.Operations.OnDisconnect;
import banger.daemon.http.Router;
import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.util.Optional;

/** {@code /v1/engines}. */
public final class EngineRoutes {
    private final HostEngines engines;
    private final FirecrackerPull pull;
    private final Operations operations;

    public EngineRoutes(HostEngines engines, FirecrackerPull pull, Operations operations) {
        this.engines = engines;
        this.pull = pull;
        this.operations = operations;
    }

    public void addTo(Router router) {
        router.add("GET", "/v1/engines", x -> x.jsonList(EngineInfo.class, engines.list()));
        router.add("POST", "/v1/engines", this::pull);
    }

    private void pull(Exchange x) throws IOException {
        var request = x.body(EnginePull.class);
        if (!"firecracker".equals(request.name()))
            throw new BangerException(
                    ErrorCode.USAGE,
                    "engine " + Printable.quote(String.valueOf(request.name())) + ": only firecracker can be fetched",
                    "qemu is a package of your distribution");
        var release = FirecrackerRelease.wanted(
                Optional.ofNullable(request.version()), Optional.ofNullable(request.sha256()));
        operations.stream(x, "engine.pull", request.name(), OnDisconnect.CANCEL, p -> {
            var program = pull.pull(release, p);
            return Jsonb.instance()
                    .type(EngineInfo.class)
                    .toJson(new EngineInfo("firecracker", release.version().toString(), program.toString(), true, ""));
        });
    }
}
