package banger.daemon;

import banger.api.BangerException;
import banger.api.Layout;
import banger.daemon.config.SettingsFile;
import banger.daemon.store.Migrations;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** The process: arguments, environment, and the only place that exits. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        System.exit(run(
                arguments, new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8)));
    }

    static int run(String[] arguments, PrintStream err) {
        try {
            var environment = System.getenv();
            var home = Path.of(environment.getOrDefault("HOME", "/"));
            var layout = Layout.of(environment, home);
            if (arguments.length == 1 && arguments[0].equals("--check-migrations"))
                return Migrations.check(layout.database()).ordinal();
            if (arguments.length == 1 && arguments[0].equals("--version")) {
                err.println("bangerd " + Build.VERSION + " (build " + Build.id() + ")");
                return 0;
            }
            if (arguments.length > 0) {
                err.println("usage: bangerd [--check-migrations | --version]");
                return 2;
            }
            var settings = SettingsFile.read(layout.config(), home);
            System.setProperty("banger.log", layout.daemonLog().toString());
            System.setProperty("banger.loglevel", environment.getOrDefault("BANGER_LOG_LEVEL", settings.logLevel()));
            new Daemon(layout, home, settings, Distribution.current()).run();
            return 0;
        } catch (BangerException e) {
            err.println("error: " + e.fact());
            e.remedies().forEach(r -> err.println("  " + r));
            return 1;
        }
    }
}
