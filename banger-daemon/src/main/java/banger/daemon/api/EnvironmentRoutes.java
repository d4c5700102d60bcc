package banger.daemon.api;

import banger.api.model.EnvironmentInfo;
import banger.api.model.SaveEnvironment;
import banger.api.model.VmInfo;
import banger.daemon.disk.SealedParts;
import banger.daemon.http.Exchange;
import banger.daemon.http.Operations;
import banger.daemon.http.Operations.OnDisconnect;
import banger.daemon.http.Router;
import banger.daemon.template.Template;
import banger.daemon.vm.Environments;
import banger.daemon.vm.VmRefs;
import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.nio.file.Files;

/** {@code /v1/environments}, and the saving of a VM as one. */
public final class EnvironmentRoutes {
    private final Environments environments;
    private final VmRefs refs;
    private final VmViews views;
    private final Operations operations;

    public EnvironmentRoutes(Environments environments, VmRefs refs, VmViews views, Operations operations) {
        this.environments = environments;
        this.refs = refs;
        this.views = views;
        this.operations = operations;
    }

    public void addTo(Router router) {
        router.add(
                "GET",
                "/v1/environments",
                x -> x.jsonList(
                        EnvironmentInfo.class,
                        environments.list().stream()
                                .map(EnvironmentRoutes::info)
                                .toList()));
        router.add(
                "GET",
                "/v1/environments/{}",
                x -> x.json(EnvironmentInfo.class, info(environments.require(x.parameter(0)))));
        router.add("DELETE", "/v1/environments/{}", this::remove);
        router.add("POST", "/v1/vms/{}/environment", this::save);
    }

    private static EnvironmentInfo info(Template environment) {
        var about = environment.manifest().about();
        var setup = Environments.setup(environment);
        return new EnvironmentInfo(
                environment.digest(),
                setup.repository(),
                setup.guestPath(),
                setup.setup(),
                setup.files(),
                setup.nat(),
                about.engine(),
                about.image(),
                about.imageDigest(),
                about.vcpu(),
                about.memoryMib(),
                environment.allocated(),
                environment.manifest().parts().stream()
                        .filter(p -> p.name().equals(Template.MEMORY))
                        .mapToLong(SealedParts.Part::allocated)
                        .sum(),
                Files.exists(environment.log()) ? environment.log().toString() : "",
                about.madeMillis(),
                about.createdAt(),
                environment.usedAt().toString());
    }

    private void remove(Exchange x) throws IOException {
        var environment = environments.require(x.parameter(0));
        var before = Jsonb.instance().type(EnvironmentInfo.class).toJson(info(environment));
        operations.stream(x, "environment.delete", environment.digest(), OnDisconnect.GO_ON, p -> {
            environments.remove(environment);
            return before;
        });
    }

    private void save(Exchange x) throws IOException {
        var vm = refs.resolve(x.parameter(0));
        var request = x.body(SaveEnvironment.class);
        operations.stream(
                x,
                "environment.save",
                vm.name().value(),
                OnDisconnect.CANCEL,
                p -> Jsonb.instance().type(VmInfo.class).toJson(views.of(environments.save(vm, request.start(), p))));
    }
}
