package banger.cli;

import banger.api.Layout;
import banger.api.http.Duplex;
import banger.workspace.GuestPath;
import banger.workspace.in.Import;
import banger.workspace.in.Inspection;
import banger.workspace.in.Wish;
import banger.workspace.wire.Conversations;
import banger.workspace.wire.Frames;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;

/**
 * Runs everyday commands in one JVM, so that {@code scripts/train-aot} can make the AOT cache from what
 * they load. A main class of its own; not part of any command.
 */
public final class Training {
    private static final String DELIVER = "deliver ";
    private static final String NAME = "training";

    private Training() {}

    /** @param commandLines one command a word, its own words separated by blanks; {@code deliver PATH}: a repository */
    public static void main(String[] commandLines) {
        for (var line : commandLines)
            if (line.startsWith(DELIVER)) deliver(Path.of(line.substring(DELIVER.length())));
            else Launch.run(line.split(" "));
    }

    /** To a guest that is not there: what it would say is written here. */
    private static void deliver(Path repository) {
        var environment = System.getenv();
        var source = new Inspection(environment).of(Wish.of(repository));
        var layout = Layout.of(environment, Path.of(System.getProperty("user.home")));
        Import.pack(layout, environment, NAME, source, GuestPath.DEFAULT).deliver(NAME, new Guest(), false);
    }

    private record Guest() implements Conversations {
        @Override
        public String name() {
            return NAME;
        }

        @Override
        public Frames converse(String operation, GuestPath path) {
            return new Frames(NAME, absent());
        }
    }

    /** A guest that wants the first file, has no repository yet, and says that all has arrived. */
    private static Duplex absent() {
        var all = new ByteArrayOutputStream();
        all.writeBytes(new byte[] {16, 0, 0, 4, 0, 0, 0, 0});
        all.writeBytes(new byte[] {19, 0, 0, 1, 0});
        var done = new byte[4 + 32 + 4 + 8];
        done[0] = 20;
        done[3] = 44;
        all.writeBytes(done);
        return Duplex.saying(all.toByteArray());
    }
}
