package banger.workspace.git;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What git is started with: variables, and options before the command.
 *
 * @param variables the whole environment, nothing is inherited
 * @param options {@code -c NAME=VALUE} and the like, before the command
 */
public record GitEnvironment(Map<String, String> variables, List<String> options) {
    /** What a user may have set for git as a whole; everything else that begins with GIT_ names one repository. */
    private static final Set<String> OF_THE_USER = Set.of(
            "GIT_CONFIG_GLOBAL",
            "GIT_CONFIG_SYSTEM",
            "GIT_CONFIG_NOSYSTEM",
            "GIT_CEILING_DIRECTORIES",
            "GIT_DISCOVERY_ACROSS_FILESYSTEM",
            "GIT_EXEC_PATH");

    /** Nothing of a repository's own may run, and nothing is tidied up behind the user's back. */
    private static final List<String> QUIET =
            List.of("core.hooksPath=/dev/null", "core.fsmonitor=false", "gc.auto=0", "maintenance.auto=false");

    /** What a guest delivered is read with attributes of nobody, in little memory. */
    private static final List<String> HOSTILE = List.of(
            "core.attributesFile=/dev/null",
            "core.excludesFile=/dev/null",
            "core.bigFileThreshold=1m",
            "core.packedGitWindowSize=16m",
            "core.packedGitLimit=256m",
            "core.quotePath=true",
            // A name that some file system takes for .git is a file all the same, and nothing is checked out here.
            "core.protectNTFS=false",
            "core.protectHFS=false",
            "pack.threads=1");

    public GitEnvironment {
        variables = Map.copyOf(variables);
        options = List.copyOf(options);
    }

    /**
     * For the user's own repository: the user's environment without what names a repository (a hook that runs banger
     * hands down its index), never a hook, file watcher or network.
     *
     * @param environment of this process
     */
    public static GitEnvironment user(Map<String, String> environment) {
        var variables = new HashMap<String, String>();
        environment.forEach((name, value) -> {
            if (!name.startsWith("GIT_") || OF_THE_USER.contains(name)) variables.put(name, value);
        });
        variables.put("LC_ALL", "C.UTF-8");
        variables.put("GIT_OPTIONAL_LOCKS", "0");
        variables.put("GIT_TERMINAL_PROMPT", "0");
        variables.put("GIT_NO_LAZY_FETCH", "1");
        variables.put("GIT_ALLOW_PROTOCOL", "none");
        return new GitEnvironment(variables, settings(QUIET));
    }

    /**
     * For a shadow repository, whose content comes from a guest: nothing of the user's but the PATH.
     *
     * @param environment of this process
     * @param gitDir the bare repository
     * @param home an empty directory
     */
    public static GitEnvironment shadow(Map<String, String> environment, Path gitDir, Path home) {
        var variables = new HashMap<String, String>();
        variables.put("PATH", environment.getOrDefault("PATH", "/usr/local/bin:/usr/bin:/bin"));
        variables.put("HOME", home.toString());
        variables.put("LC_ALL", "C.UTF-8");
        variables.put("GIT_DIR", gitDir.toString());
        variables.put("GIT_CONFIG_GLOBAL", "/dev/null");
        variables.put("GIT_CONFIG_NOSYSTEM", "1");
        variables.put("GIT_ATTR_NOSYSTEM", "1");
        variables.put("GIT_NO_REPLACE_OBJECTS", "1");
        variables.put("GIT_NO_LAZY_FETCH", "1");
        variables.put("GIT_ALLOW_PROTOCOL", "none");
        variables.put("GIT_OPTIONAL_LOCKS", "0");
        variables.put("GIT_TERMINAL_PROMPT", "0");
        var all = new ArrayList<>(QUIET);
        all.addAll(HOSTILE);
        return new GitEnvironment(variables, settings(all));
    }

    /** The same with one variable more. */
    public GitEnvironment with(String variable, String value) {
        var more = new HashMap<>(variables);
        more.put(variable, value);
        return new GitEnvironment(more, options);
    }

    private static List<String> settings(List<String> values) {
        var options = new ArrayList<String>();
        for (var value : values) {
            options.add("-c");
            options.add(value);
        }
        return options;
    }
}
