package banger.daemon.vm;

import banger.api.model.EnvironmentSpec;
import banger.daemon.template.TemplateKey;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What a machine is to become once it is set up.
 *
 * @param key what VMs that continue from it will have in common with it
 * @param engine the label of the one that runs it
 * @param began when its VM began to start, {@link System#nanoTime}
 */
record PendingEnvironment(TemplateKey key, EnvironmentSpec spec, String engine, long began) {
    /** A command may have line breaks of its own: where it ends is in its length. */
    private static String counted(String command) {
        return command.length() + ":" + command;
    }

    /** Of an environment: that of a template, and what was done since. */
    static TemplateKey key(TemplateKey template, Vm vm, EnvironmentSpec spec) {
        return template.with(Map.of(
                "repository", spec.repository(),
                "guest path", spec.guestPath(),
                "setup", spec.setup().stream().map(PendingEnvironment::counted).collect(Collectors.joining()),
                "files", spec.digest(),
                "outside network", vm.nat() ? "on" : "off"));
    }
}
