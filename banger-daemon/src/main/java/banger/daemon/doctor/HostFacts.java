package banger.daemon.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a host says of itself in {@code /proc}, {@code /sys}, {@code /dev} and {@code /etc}.
 *
 * @param root where those lie: {@code /}, or a tree that was made up
 * @param user the account's name, as {@code /etc/group} has it
 */
public record HostFacts(Path root, String user) {
    /** What runs this host's own instructions. */
    public enum Ground {
        BARE,
        MACHINE,
        CONTAINER
    }

    /**
     * A device node's permissions.
     *
     * @param group its name, or its number where it has none
     */
    public record Node(int owner, int gid, String group, int mode) {}

    private Optional<String> text(String path) {
        try {
            return Optional.of(Files.readString(root.resolve(path)).strip());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private boolean exists(String path) {
        return Files.exists(root.resolve(path));
    }

    private Set<String> flags() {
        return text("proc/cpuinfo").stream()
                .flatMap(String::lines)
                .filter(l -> l.startsWith("flags"))
                .findFirst()
                .map(l -> Set.of(l.replaceFirst("^flags\\s*:\\s*", "").split("\\s+")))
                .orElse(Set.of());
    }

    /** {@code vmx} or {@code svm}; empty: this processor offers none to this host. */
    public Optional<String> virtualization() {
        return Stream.of("vmx", "svm").filter(flags()::contains).findFirst();
    }

    public Ground ground() {
        if (exists(".dockerenv") || exists("run/.containerenv")) return Ground.CONTAINER;
        return flags().contains("hypervisor") ? Ground.MACHINE : Ground.BARE;
    }

    /** What the machine calls itself, as {@code QEMU Standard PC (Q35)}; may be empty. */
    public String product() {
        return Stream.of("sys_vendor", "product_name")
                .flatMap(f -> text("sys/class/dmi/id/" + f).stream())
                .filter(t -> !t.isEmpty())
                .collect(Collectors.joining(" "));
    }

    /** {@code kvm_intel} or {@code kvm_amd}, as this processor needs it. */
    public Optional<String> module() {
        return virtualization().map(v -> v.equals("vmx") ? "kvm_intel" : "kvm_amd");
    }

    public boolean moduleLoaded() {
        return module().filter(m -> exists("sys/module/" + m)).isPresent();
    }

    /** {@code /dev/kvm}; empty: it is not there. */
    public Optional<Node> kvm() {
        var file = root.resolve("dev/kvm");
        try {
            int gid = (Integer) Files.getAttribute(file, "unix:gid");
            int mode = (Integer) Files.getAttribute(file, "unix:mode") & 0777;
            return Optional.of(new Node((Integer) Files.getAttribute(file, "unix:uid"), gid, group(gid), mode));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private List<String[]> groups() {
        return text("etc/group").stream()
                .flatMap(String::lines)
                .map(l -> l.split(":", -1))
                .filter(f -> f.length == 4)
                .toList();
    }

    private String group(int gid) {
        var number = Integer.toString(gid);
        return groups().stream()
                .filter(g -> g[2].equals(number))
                .map(g -> g[0])
                .findFirst()
                .orElse(number);
    }

    /** Whether the account is listed in the group; this process may still be older than that. */
    public boolean member(String group) {
        return groups().stream()
                .filter(g -> g[0].equals(group))
                .anyMatch(g -> Arrays.asList(g[3].split(",")).contains(user));
    }

    /** {@code 6.1.0-56-amd64}; may be empty. */
    public String kernel() {
        return text("proc/sys/kernel/osrelease").orElse("");
    }

    /** Where memory is written to when it gets short, by name; compressed memory is not among them. */
    public Set<String> swaps() {
        return text("proc/swaps").stream()
                .flatMap(String::lines)
                .skip(1)
                .map(l -> l.split("\\s+")[0])
                .filter(n -> !n.startsWith("/dev/zram"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Whether the kernel merges equal pages of different processes. */
    public boolean mergesPages() {
        return text("sys/kernel/mm/ksm/run").filter("1"::equals).isPresent();
    }
}
