package banger.daemon.api;

import banger.api.model.KernelImport;
import banger.api.model.KernelInfo;
import banger.api.model.PullRequest;
import banger.daemon.http.Exchange;
import banger.daemon.http.Operations;
import banger.daemon.http.Operations.OnDisconnect;
import banger.daemon.http.Router;
import banger.daemon.kernel.Kernel;
import banger.daemon.kernel.Kernels;
import banger.daemon.publish.Existing;
import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code /v1/kernels}. */
public final class KernelRoutes {
    private final Kernels kernels;
    private final Operations operations;

    public KernelRoutes(Kernels kernels, Operations operations) {
        this.kernels = kernels;
        this.operations = operations;
    }

    public void addTo(Router router) {
        router.add(
                "GET",
                "/v1/kernels",
                x -> x.jsonList(KernelInfo.class, all(x.query("available").isPresent())));
        router.add("POST", "/v1/kernels", this::pull);
        router.add("POST", "/v1/kernels/import", this::importDirectory);
        router.add("GET", "/v1/kernels/{}", x -> x.json(KernelInfo.class, info(kernels.show(x.parameter(0)))));
        router.add("DELETE", "/v1/kernels/{}", this::remove);
    }

    private List<KernelInfo> all(boolean available) {
        var all = new ArrayList<KernelInfo>();
        kernels.list().forEach(k -> all.add(info(k)));
        if (available)
            for (var entry : kernels.available())
                if (all.stream().noneMatch(k -> k.name().equals(entry.name())))
                    all.add(new KernelInfo(entry.name(), "", "", entry.description(), entry.size(), "", false));
        return all;
    }

    private static KernelInfo info(Kernel k) {
        return new KernelInfo(
                k.name(),
                k.digest(),
                k.release(),
                k.source(),
                size(k),
                k.importedAt().toString(),
                true);
    }

    private static long size(Kernel k) {
        try {
            return Files.size(k.vmlinux()) + Files.size(k.modules());
        } catch (IOException e) {
            return 0;
        }
    }

    private static String json(Kernel kernel) {
        return Jsonb.instance().type(KernelInfo.class).toJson(info(kernel));
    }

    private void pull(Exchange x) throws IOException {
        var request = x.body(PullRequest.class);
        var existing = request.force() ? Existing.REPLACE : Existing.KEEP;
        operations.stream(
                x,
                "kernel.pull",
                request.name(),
                OnDisconnect.CANCEL,
                p -> json(kernels.pull(request.name(), existing, p)));
    }

    private void importDirectory(Exchange x) throws IOException {
        var request = x.body(KernelImport.class);
        operations.stream(
                x,
                "kernel.import",
                request.name(),
                OnDisconnect.CANCEL,
                p -> json(kernels.importFrom(request.name(), Path.of(request.directory()), p)));
    }

    private void remove(Exchange x) throws IOException {
        var name = x.parameter(0);
        operations.stream(x, "kernel.delete", name, OnDisconnect.GO_ON, p -> {
            var before = json(kernels.show(name));
            kernels.remove(name);
            return before;
        });
    }
}
