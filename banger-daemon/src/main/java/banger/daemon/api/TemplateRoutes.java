package banger.daemon.api;

import banger.api.model.BuildTemplate;
import banger.api.model.TemplateInfo;
import banger.daemon.disk.SealedParts;
import banger.daemon.http.Exchange;
import banger.daemon.http.Operations;
import banger.daemon.http.Operations.OnDisconnect;
import banger.daemon.http.Router;
import banger.daemon.template.Template;
import banger.daemon.vm.Templates;
import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.util.Optional;

/** {@code /v1/templates}. */
public final class TemplateRoutes {
    private final Templates templates;
    private final Operations operations;

    public TemplateRoutes(Templates templates, Operations operations) {
        this.templates = templates;
        this.operations = operations;
    }

    public void addTo(Router router) {
        router.add(
                "GET",
                "/v1/templates",
                x -> x.jsonList(
                        TemplateInfo.class,
                        templates.list().stream().map(TemplateRoutes::info).toList()));
        router.add("POST", "/v1/templates", this::build);
        router.add("GET", "/v1/templates/{}", x -> x.json(TemplateInfo.class, info(templates.require(x.parameter(0)))));
        router.add("DELETE", "/v1/templates/{}", this::remove);
    }

    private static TemplateInfo info(Template t) {
        var about = t.manifest().about();
        return new TemplateInfo(
                t.digest(),
                about.engine(),
                about.image(),
                about.imageDigest(),
                about.kernelDigest(),
                about.vcpu(),
                about.memoryMib(),
                about.overlayBytes(),
                t.allocated(),
                t.manifest().parts().stream()
                        .filter(p -> p.name().equals(Template.MEMORY))
                        .mapToLong(SealedParts.Part::allocated)
                        .sum(),
                about.madeMillis(),
                about.createdAt(),
                t.usedAt().toString(),
                t.manifest().key().entrySet().stream()
                        .map(e -> new TemplateInfo.Condition(e.getKey(), e.getValue()))
                        .toList());
    }

    private static String json(Template template) {
        return Jsonb.instance().type(TemplateInfo.class).toJson(info(template));
    }

    private void build(Exchange x) throws IOException {
        var request = x.body(BuildTemplate.class);
        var name = Optional.ofNullable(request.image()).orElse("");
        operations.stream(x, "template.build", name, OnDisconnect.CANCEL, p -> json(templates.build(request, p)));
    }

    private void remove(Exchange x) throws IOException {
        var template = templates.require(x.parameter(0));
        operations.stream(x, "template.delete", template.digest(), OnDisconnect.GO_ON, p -> {
            templates.remove(template);
            return json(template);
        });
    }
}
