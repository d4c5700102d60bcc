package banger.cli.environment;

import banger.workspace.RepoPath;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Something that a repository has to be fetched before it can be worked on, known by a file of it.
 *
 * @param file that it is known by
 * @param command the usual one, which takes exactly what the file says
 * @param keys the files that the command depends on, of those that are there
 */
public record Recognised(String file, String command, List<RepoPath> keys) {
    /**
     * @param kind of each one rule applies, the first: whoever moves from one tool to the next leaves the old lock file behind
     * @param with must be there too; empty: nothing more
     * @param more keys beside the files that it is known by
     */
    private record Rule(String kind, String file, String with, String command, List<String> more) {}

    private static final String MISE = "mise";

    private static final List<String> OF_MISE = List.of(".mise.toml", "mise.toml", ".tool-versions", "mise.lock");
    private static final List<String> OF_NODE =
            List.of("package.json", ".npmrc", ".yarnrc", ".yarnrc.yml", "pnpm-workspace.yaml");
    private static final List<String> OF_PYTHON = List.of("pyproject.toml", ".python-version");
    private static final List<String> OF_GRADLE = List.of(
            "settings.gradle",
            "settings.gradle.kts",
            "build.gradle",
            "build.gradle.kts",
            "gradle.properties",
            "gradle/libs.versions.toml",
            "gradle/wrapper/gradle-wrapper.properties");

    // Debian's pip installs nothing outside of a venv (PEP 668). git is not to see this one.
    private static final String VENV =
            "python3 -m venv .venv && echo '*' > .venv/.gitignore" + " && .venv/bin/pip install -r requirements.txt";

    // dependency:go-offline fails where one module needs another, and leaves out what the life cycle's own plugins
    // need.
    private static final String MAVEN = "test-compile";

    // A wrapper without a Java ends like a build that fails; this is told as a program that the image does not have.
    private static final String JAVA = "java -version && ";

    // "dependencies" would read what there is and fetch none of it.
    private static final String GRADLE = JAVA + "./gradlew --no-daemon testClasses";

    private static final List<Rule> RULES = List.of(
            new Rule(MISE, ".mise.toml", "", "mise install", OF_MISE),
            new Rule(MISE, "mise.toml", "", "mise install", OF_MISE),
            new Rule(MISE, ".tool-versions", "", "mise install", OF_MISE),
            new Rule("node", "pnpm-lock.yaml", "", "pnpm install --frozen-lockfile", OF_NODE),
            // The later yarns have their settings there; the first one knows no such file.
            new Rule("node", "yarn.lock", ".yarnrc.yml", "yarn install --immutable", OF_NODE),
            new Rule("node", "yarn.lock", "", "yarn install --frozen-lockfile", OF_NODE),
            new Rule("node", "package-lock.json", "", "npm ci", OF_NODE),
            new Rule("python", "uv.lock", "", "uv sync --locked", OF_PYTHON),
            new Rule("python", "poetry.lock", "", "poetry install --no-interaction", OF_PYTHON),
            new Rule("python", "requirements.txt", "", VENV, List.of(".python-version")),
            new Rule(
                    "rust",
                    "Cargo.lock",
                    "",
                    "cargo fetch --locked",
                    List.of("Cargo.toml", "rust-toolchain", "rust-toolchain.toml")),
            new Rule("go", "go.sum", "go.mod", "go mod download", List.of("go.work", "go.work.sum")),
            new Rule("maven", "pom.xml", "mvnw", JAVA + "./mvnw -B " + MAVEN, List.of()),
            new Rule("maven", "pom.xml", "", "mvn -B " + MAVEN, List.of()),
            new Rule("gradle", "gradle.lockfile", "gradlew", GRADLE, OF_GRADLE),
            new Rule("gradle", "settings.gradle.kts", "gradlew", GRADLE, OF_GRADLE),
            new Rule("gradle", "settings.gradle", "gradlew", GRADLE, OF_GRADLE),
            new Rule("gradle", "build.gradle.kts", "gradlew", GRADLE, OF_GRADLE),
            new Rule("gradle", "build.gradle", "gradlew", GRADLE, OF_GRADLE),
            new Rule(
                    "ruby",
                    "Gemfile.lock",
                    "",
                    "BUNDLE_FROZEN=true bundle install",
                    List.of("Gemfile", ".ruby-version")));

    /**
     * In the order in which their commands are run: tools come before what is installed with them.
     *
     * @param has whether a file of this name, from the top, goes into the guest
     * @param tools whether files by which mise is asked for tools count
     */
    public static List<Recognised> in(Predicate<String> has, boolean tools) {
        var found = new ArrayList<Recognised>();
        var kinds = new HashSet<String>();
        for (var rule : RULES) {
            if (rule.kind.equals(MISE) && !tools) continue;
            if (!has.test(rule.file) || !rule.with.isEmpty() && !has.test(rule.with) || !kinds.add(rule.kind)) continue;
            var keys = Stream.concat(Stream.of(rule.file, rule.with), rule.more.stream())
                    .filter(name -> !name.isEmpty())
                    .distinct()
                    .filter(has)
                    .map(RepoPath::of)
                    .toList();
            found.add(new Recognised(rule.file, rule.command, keys));
        }
        return List.copyOf(found);
    }
}
