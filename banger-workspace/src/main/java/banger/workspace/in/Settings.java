package banger.workspace.in;

import banger.workspace.git.Git;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * A repository's configuration as git reads it.
 *
 * @param all in git's order: what comes later counts
 */
record Settings(List<Setting> all) {
    private static final Set<String> OF_THE_REPOSITORY = Set.of("local", "worktree");

    /** @param key as git lists it: section and name in lower case, the subsection between them as it is */
    record Setting(String scope, String key, String value) {
        boolean ofTheRepository() {
            return OF_THE_REPOSITORY.contains(scope);
        }
    }

    static Settings of(Git git) {
        var all = new ArrayList<Setting>();
        var records = git.need("config", "--list", "-z", "--show-scope").records();
        for (int i = 0; i + 1 < records.size(); i += 2) {
            var pair = new String(records.get(i + 1), StandardCharsets.UTF_8).split("\n", 2);
            // A key without a value is a boolean that is true.
            all.add(new Setting(
                    new String(records.get(i), StandardCharsets.UTF_8), pair[0], pair.length == 2 ? pair[1] : "true"));
        }
        return new Settings(List.copyOf(all));
    }

    Optional<String> value(String key) {
        return all.stream().filter(s -> s.key.equals(key)).map(Setting::value).reduce((a, b) -> b);
    }

    boolean isTrue(String key, boolean fallback) {
        return value(key)
                .map(v -> v.toLowerCase(Locale.ROOT))
                .map(v -> v.equals("true") || v.equals("yes") || v.equals("on") || v.matches("-?0*[1-9][0-9]*"))
                .orElse(fallback);
    }

    /** Whether objects may be missing that a remote promised to have; the extension alone is how older versions said it. */
    boolean partialClone() {
        return value("extensions.partialclone").isPresent()
                || all.stream()
                        .anyMatch(s -> s.key.startsWith("remote.")
                                && (s.key.endsWith(".partialclonefilter")
                                        || s.key.endsWith(".promisor") && isTrue(s.key, false)));
    }
}
