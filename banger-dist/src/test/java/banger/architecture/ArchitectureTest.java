package banger.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.alwaysTrue;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The rules of ARCHITECTURE.md that a program can check, over the classes and sources of all modules. */
class ArchitectureTest {
    private static final Path CHECKOUT = Path.of(System.getProperty("banger.checkout"));
    private static final List<String> MODULES =
            List.of("banger-api", "banger-cli", "banger-daemon", "banger-net", "banger-workspace");
    private static final int LONGEST_FILE = 500;

    private static final JavaClasses ALL = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPaths(MODULES.stream()
                    .map(m -> CHECKOUT.resolve(m).resolve("target/classes"))
                    .toList());

    /** Who may start a process, and why. */
    private static final Map<String, String> STARTERS = Map.of(
            "banger.api.process.ProgramRun", "what runs to its end",
            "banger.daemon.process.HostCommandRunner", "the daemon's CommandRunner, by ProgramRun",
            "banger.workspace.git.Git", "git, by ProgramRun",
            "banger.net.HostKernel", "the helper's own, for it depends on nothing",
            "banger.cli.DaemonStarter", "starts the daemon through the shim",
            "banger.cli.RawMode", "stty",
            "banger.cli.verbs.SshVerbs", "ssh");

    /** Composition roots know everything below them; nothing knows them. */
    private static final List<String> ROOTS = List.of(
            "banger.daemon.Main",
            "banger.daemon.Daemon",
            "banger.daemon.CatalogSources",
            "banger.daemon.engine.HostEngines",
            "banger.cli.Main",
            "banger.cli.Cli",
            "banger.cli.Verbs",
            "banger.cli.Help",
            "banger.cli.Completion");

    @Test
    void theRulesSeeTheWholeProduct() {
        assertThat(ALL.size()).isBetween(250, 3000);
        for (var one :
                List.of("banger.api.Layout", "banger.cli.Main", "banger.daemon.vm.VmLifecycle", "banger.net.Main"))
            assertThat(ALL.contain(one)).as(one).isTrue();
    }

    /** A start that is cancelled just then would fail with what nobody expects; a reader of the file is not closed. */
    @Test
    void filesAreNotReadThroughChannelsThatAnInterruptCloses() {
        noClasses()
                .that()
                .resideInAPackage("banger.daemon..")
                .should()
                .callMethod(Files.class, "lines", Path.class)
                .orShould()
                .callMethod(Files.class, "lines", Path.class, Charset.class)
                .check(ALL);
    }

    @Test
    void onlyMainEndsTheProcessAndFailpointsDo() {
        noClasses()
                .that()
                .doNotHaveSimpleName("Main")
                .should()
                .callMethod(System.class, "exit", int.class)
                .check(ALL);
        noClasses()
                .that()
                .doNotHaveFullyQualifiedName("banger.daemon.ops.Failpoint")
                .and()
                .doNotHaveSimpleName("Main")
                .should()
                .callMethod(Runtime.class, "halt", int.class)
                .orShould()
                .callMethod(Runtime.class, "exit", int.class)
                .check(ALL);
    }

    @Test
    void onlyNamedClassesStartProcesses() {
        noClasses()
                .that(new DescribedPredicate<>("are not named as starters") {
                    @Override
                    public boolean test(JavaClass c) {
                        return !STARTERS.containsKey(outermost(c));
                    }
                })
                .should()
                .dependOnClassesThat()
                .areAssignableTo(ProcessBuilder.class)
                .orShould()
                .callMethod(Runtime.class, "exec", String.class)
                .orShould()
                .callMethod(Runtime.class, "exec", String[].class)
                .check(ALL);
        for (var starter : STARTERS.keySet())
            assertThat(ALL.contain(starter)).as(starter).isTrue();
    }

    private static String outermost(JavaClass c) {
        return c.getName().replaceFirst("\\$.*", "");
    }

    @Test
    void theHelperWithThePrivilegeDependsOnTheJdkAlone() {
        classes()
                .that()
                .resideInAPackage("banger.net..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("java..", "jdk.net..", "banger.net..", "org.jspecify.annotations..")
                .check(ALL);
    }

    @Test
    void modulesKnowOnlyWhatTheyMay() {
        noClasses()
                .that()
                .resideInAPackage("banger.api..")
                .should()
                .dependOnClassesThat(resideInAPackage("banger.cli..")
                        .or(resideInAPackage("banger.daemon.."))
                        .or(resideInAPackage("banger.net..")))
                .check(ALL);
        noClasses()
                .that()
                .resideInAPackage("banger.workspace..")
                .should()
                .dependOnClassesThat(resideInAPackage("banger.cli..")
                        .or(resideInAPackage("banger.daemon.."))
                        .or(resideInAPackage("banger.net..")))
                .check(ALL);
        noClasses()
                .that()
                .resideInAPackage("banger.cli..")
                .should()
                .dependOnClassesThat(resideInAPackage("banger.daemon..").or(resideInAPackage("banger.net..")))
                .check(ALL);
        noClasses()
                .that()
                .resideInAPackage("banger.daemon..")
                .should()
                .dependOnClassesThat(resideInAPackage("banger.cli..").or(resideInAPackage("banger.net..")))
                .check(ALL);
    }

    @ParameterizedTest
    @ValueSource(strings = {"banger.api", "banger.cli", "banger.daemon", "banger.net", "banger.workspace"})
    void packagesOfAModuleHaveNoCycles(String module) {
        slices().assignedFrom(new SliceAssignment() {
                    @Override
                    public SliceIdentifier getIdentifierOf(JavaClass c) {
                        boolean belongs = (c.getPackageName() + ".").startsWith(module + ".");
                        return belongs && !ROOTS.contains(outermost(c))
                                ? SliceIdentifier.of(c.getPackageName())
                                : SliceIdentifier.ignore();
                    }

                    @Override
                    public String getDescription() {
                        return "packages of " + module;
                    }
                })
                .should()
                .beFreeOfCycles()
                .ignoreDependency(alwaysTrue(), DescribedPredicate.describe("roots", c -> ROOTS.contains(outermost(c))))
                .check(ALL);
    }

    @Test
    void nothingIsNamedForHavingNoName() {
        noClasses().should().haveSimpleNameEndingWith("Manager").check(ALL);
        for (var suffix : List.of("Util", "Utils", "Helper", "Service", "Impl"))
            noClasses().should().haveSimpleNameEndingWith(suffix).check(ALL);
        for (var prefix : List.of("Abstract", "Base"))
            noClasses()
                    .should()
                    .haveNameMatching(".*\\." + prefix + "[A-Z][^.]*")
                    .check(ALL);
    }

    @Test
    void everyPackageSaysWhatMayBeNull() {
        var unmarked = new TreeSet<String>();
        for (var c : ALL) {
            var info = c.getPackage().tryGetAnnotationOfType(NullMarked.class);
            if (info.isEmpty() && !c.getPackageName().contains(".jsonb")) unmarked.add(c.getPackageName());
        }
        assertThat(unmarked).isEmpty();
    }

    @Test
    void noSourceFileIsLong() throws IOException {
        var tooLong = new ArrayList<String>();
        for (var file : sources()) {
            int lines = Files.readAllLines(file).size();
            if (lines > LONGEST_FILE) tooLong.add(file + ": " + lines);
        }
        assertThat(tooLong).isEmpty();
    }

    /** A name below our directories is written once: in Layout. */
    @Test
    void namesOfOurPathsAreInLayoutOnly() throws IOException {
        var literal = Pattern.compile("\\b(?:resolve|Path\\.of)\\(\"([^\"]+)\"");
        var layout = CHECKOUT.resolve("banger-api/src/main/java/banger/api/Layout.java");
        var names = new TreeSet<String>();
        literal.matcher(Files.readString(layout)).results().forEach(m -> names.add(last(m.group(1))));
        assertThat(names).contains("banger.db", "vms", "bangerd.sock");
        var again = new ArrayList<String>();
        for (var file : sources()) {
            if (file.equals(layout)) continue;
            literal.matcher(Files.readString(file)).results().forEach(m -> {
                if (!m.group(1).startsWith("/") && names.contains(last(m.group(1))))
                    again.add(CHECKOUT.relativize(file) + ": " + m.group());
            });
        }
        assertThat(again).isEmpty();
    }

    private static String last(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    private static List<Path> sources() throws IOException {
        var files = new ArrayList<Path>();
        for (var module : MODULES)
            try (Stream<Path> all = Files.walk(CHECKOUT.resolve(module).resolve("src/main/java"))) {
                all.filter(f -> f.toString().endsWith(".java")).forEach(files::add);
            }
        assertThat(files).hasSizeGreaterThan(100);
        return files;
    }
}
