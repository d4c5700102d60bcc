package banger.daemon.engine;

import java.util.List;

/**
 * Why this host gives a process no namespaces of its own, and what helps.
 *
 * @param reason short, for a label
 */
public record NamespaceRefusal(String reason, List<String> remedies) {
    private static NamespaceRefusal of(String reason, String... remedies) {
        return new NamespaceRefusal(reason, List.of(remedies));
    }

    /**
     * @param step the shim's: {@code namespace-apparmor}, {@code namespace-limit} …
     * @param text its words
     */
    public static NamespaceRefusal told(String step, String text) {
        return switch (step) {
            case "namespace-apparmor" ->
                of(
                        "AppArmor restricts user namespaces",
                        "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0",
                        "for good: put that setting into /etc/sysctl.d/60-banger.conf");
            case "namespace-limit" ->
                of(
                        "no user namespaces allowed",
                        "sudo sysctl user.max_user_namespaces=15000 user.max_net_namespaces=15000");
            case "namespace-disabled" ->
                of("user namespaces are disabled", "sudo sysctl kernel.unprivileged_userns_clone=1");
            case "namespace-missing" -> of("this kernel has no user or network namespaces", text);
            case "namespace-map" ->
                of(
                        "the uid for VMs cannot be mapped",
                        text,
                        "root's first range in /etc/subuid is what is mapped; in a container it must be the container's");
            default ->
                of(
                        "user namespaces are refused",
                        text,
                        "in a container: allow unshare in its seccomp profile (--security-opt seccomp=unconfined)");
        };
    }
}
