package banger.daemon.vm;

import banger.api.model.EnvironmentSpec;
import banger.daemon.template.TemplateKey;
import java.util.Map;

/**
 * What a machine is to become once it is set up.
 *
 * @param key what VMs that continue from it will have in common with it
 * @param engine the label of the one that runs it
 * @param began when its VM began to start, {@link System#nanoTime}
 */
record PendingEnvironment(TemplateKey key, EnvironmentSpec spec, String engine, long began) {
    /** Of an environment: that of a template, and what was done since. */
    static TemplateKey key(TemplateKey template, Vm vm, EnvironmentSpec spec) {
        return template.with(Map.of(
                "repository", spec.repository(),
                "guest path", spec.guestPath(),
                "setup", String.join("\n", spec.setup()),
                "files", spec.digest(),
                "outside network", vm.nat() ? "on" : "off"));
    }
}
