package banger.daemon.kernel;

import banger.api.BangerException;
import banger.api.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What depmod found out about a kernel's modules: the order they load in is never written down by hand,
 * it changes between two builds of the same kernel.
 *
 * @param dependencies per module file (relative to the release's directory) the files it needs, the one
 *     to load first last, as modules.dep has them
 * @param builtin names of what is in the kernel itself
 * @param aliases alias pattern to module name
 */
record ModuleIndex(Map<String, List<String>> dependencies, Set<String> builtin, Map<String, String> aliases) {
    private static final int MAX_LINES = 200_000;

    ModuleIndex {
        dependencies = Map.copyOf(dependencies);
        builtin = Set.copyOf(builtin);
        aliases = Map.copyOf(aliases);
    }

    /** @param directory {@code …/lib/modules/RELEASE} after depmod */
    static ModuleIndex read(Path directory) throws IOException {
        return parse(
                lines(directory.resolve("modules.dep")),
                lines(directory.resolve("modules.builtin")),
                lines(directory.resolve("modules.alias")));
    }

    static ModuleIndex parse(List<String> dep, List<String> builtinFiles, List<String> alias) {
        var dependencies = new HashMap<String, List<String>>();
        for (var line : dep) {
            int colon = line.indexOf(':');
            if (colon < 0) continue;
            var needs = line.substring(colon + 1).strip();
            var file = checked(line.substring(0, colon));
            var all = new ArrayList<String>();
            for (var need : needs.split(" +")) if (!need.isEmpty()) all.add(checked(need));
            dependencies.put(file, all);
        }
        var builtin = new HashSet<String>();
        for (var line : builtinFiles) if (!line.isBlank()) builtin.add(name(line.strip()));
        var aliases = new HashMap<String, String>();
        for (var line : alias) {
            var words = line.strip().split(" +");
            if (words.length == 3 && words[0].equals("alias"))
                aliases.putIfAbsent(words[1], words[2].replace('-', '_'));
        }
        return new ModuleIndex(dependencies, builtin, aliases);
    }

    private static String checked(String file) {
        var path = file.strip();
        if (!path.matches("[A-Za-z0-9_+.,@/-]+")
                || path.startsWith("/")
                || List.of(path.split("/")).contains(".."))
            throw new BangerException(ErrorCode.KERNEL_INVALID, "kernel modules: modules.dep names " + path);
        return path;
    }

    private static List<String> lines(Path file) throws IOException {
        if (!Files.exists(file)) return List.of();
        try (var in = Files.newBufferedReader(file)) {
            return in.lines().limit(MAX_LINES).toList();
        }
    }

    /** A module's name: its file's, without directories, {@code .ko} and compression, {@code -} as {@code _}. */
    static String name(String file) {
        var base = file.substring(file.lastIndexOf('/') + 1);
        int dot = base.indexOf(".ko");
        return (dot < 0 ? base : base.substring(0, dot)).replace('-', '_');
    }

    boolean isBuiltin(String module) {
        return builtin.contains(module);
    }

    Optional<String> file(String module) {
        return dependencies.keySet().stream()
                .filter(f -> name(f).equals(module))
                .findFirst();
    }

    /** The files to load for one module, in order, itself last. */
    List<String> loadOrder(String file) {
        var order = new ArrayList<>(dependencies.getOrDefault(file, List.of()).reversed());
        order.add(file);
        return order;
    }
}
