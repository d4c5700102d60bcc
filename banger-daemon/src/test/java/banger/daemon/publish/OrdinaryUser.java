package banger.daemon.publish;

import banger.daemon.process.Command;
import banger.daemon.process.HostCommandRunner;
import banger.daemon.process.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A user made for one test, when the test runs as root; gone when closed. */
public final class OrdinaryUser implements AutoCloseable {
    private final HostCommandRunner runner = new HostCommandRunner();
    private final String name = "bgr" + Staging.randomName().substring(0, 8);
    private final Path directory;
    private final Path classes;

    /** @param base a directory that every user can pass through */
    public OrdinaryUser(Path base) throws IOException {
        directory = Files.createDirectory(base.resolve("home-" + name));
        run("useradd", "--no-create-home", "--home-dir", directory.toString(), name);
        run("chown", name, directory.toString());
        classes = copyClassPath(base.resolve("classes-" + name));
    }

    public Path directory() {
        return directory;
    }

    public void loseSubordinateUsers() throws IOException {
        for (var file : List.of("uid", "gid")) {
            for (var line : Files.readAllLines(Path.of("/etc/sub" + file))) {
                var words = line.split(":");
                if (!words[0].equals(name)) continue;
                var last = Long.parseLong(words[1]) + Long.parseLong(words[2]) - 1;
                run("usermod", "--del-sub" + file + "s", words[1] + "-" + last, name);
            }
        }
    }

    public Result java(Class<?> main, String... arguments) {
        var command = new ArrayList<>(List.of("setpriv", "--reuid", name, "--regid", name, "--init-groups"));
        command.addAll(
                // Its statistics would lie in a directory of the user's that stays.
                List.of(Path.of(System.getProperty("java.home"), "bin/java").toString(), "-XX:-UsePerfData", "-cp"));
        command.add(classes + "/*:" + classes.resolve("main") + ":" + classes.resolve("test") + ":"
                + classes.resolve("api"));
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-Duser.home=" + directory));
        command.add("-Djava.io.tmpdir=" + directory);
        command.add(main.getName());
        command.addAll(List.of(arguments));
        return runner.run(Command.of(command).in(directory).within(Duration.ofMinutes(10)));
    }

    /** The build's own class path lies in root's home, where nobody else can read it. */
    private static Path copyClassPath(Path to) throws IOException {
        Files.createDirectory(to);
        for (var entry : System.getProperty("java.class.path").split(":")) {
            var path = Path.of(entry);
            if (Files.isDirectory(path)) {
                var name = path.endsWith("test-classes")
                        ? "test"
                        : path.toString().contains("banger-api") ? "api" : "main";
                new HostCommandRunner()
                        .run(Command.of("cp", "-r", entry, to.resolve(name).toString()));
            } else if (Files.exists(path)) {
                Files.copy(path, to.resolve(path.getFileName()), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        new HostCommandRunner().run(Command.of("chmod", "-R", "a+rX", to.toString()));
        return to;
    }

    private void run(String... words) {
        var result = runner.run(Command.of(List.of(words)));
        if (!result.ok()) throw new IllegalStateException(String.join(" ", words) + ": " + result.err());
    }

    @Override
    public void close() {
        run("userdel", name);
    }
}
