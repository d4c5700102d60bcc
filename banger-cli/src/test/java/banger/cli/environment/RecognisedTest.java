package banger.cli.environment;

import static org.assertj.core.api.Assertions.assertThat;

import banger.workspace.RepoPath;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecognisedTest {
    private static List<Recognised> in(String... files) {
        return Recognised.in(Set.of(files)::contains, true);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "package-lock.json                | npm ci",
                "pnpm-lock.yaml                   | pnpm install --frozen-lockfile",
                "yarn.lock                        | yarn install --frozen-lockfile",
                "yarn.lock .yarnrc.yml            | yarn install --immutable",
                "uv.lock                          | uv sync --locked",
                "poetry.lock                      | poetry install --no-interaction",
                "Cargo.lock                       | cargo fetch --locked",
                "go.sum go.mod                    | go mod download",
                "pom.xml                          | mvn -B test-compile",
                "pom.xml mvnw                     | java -version && ./mvnw -B test-compile",
                "build.gradle gradlew             | java -version && ./gradlew --no-daemon testClasses",
                "gradle.lockfile gradlew          | java -version && ./gradlew --no-daemon testClasses",
                "Gemfile.lock                     | BUNDLE_FROZEN=true bundle install",
                "mise.toml                        | mise install",
                ".tool-versions                   | mise install"
            })
    void eachByItsFile(String files, String command) {
        assertThat(in(files.split(" "))).extracting(Recognised::command).containsExactly(command);
    }

    @Test
    void whatHasNothingToFetchIsNothing() {
        assertThat(in("go.mod", "package.json", "build.gradle", "Cargo.toml", "README.md"))
                .isEmpty();
        assertThat(Recognised.in(Set.of("mise.toml")::contains, false)).isEmpty();
    }

    @Test
    void oneOfAKindAndToolsFirst() {
        assertThat(in("package-lock.json", "yarn.lock", "pnpm-lock.yaml", "requirements.txt", "uv.lock", "mise.toml"))
                .extracting(Recognised::file)
                .containsExactly("mise.toml", "pnpm-lock.yaml", "uv.lock");
    }

    @Test
    void itsKeysAreThoseThatAreThere() {
        assertThat(in("package-lock.json", "package.json", "yarn.lock", ".yarnrc.yml")
                        .getFirst()
                        .keys())
                .containsExactly(RepoPath.of("yarn.lock"), RepoPath.of(".yarnrc.yml"), RepoPath.of("package.json"));
    }
}
