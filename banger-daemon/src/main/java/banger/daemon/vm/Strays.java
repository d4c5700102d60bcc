package banger.daemon.vm;

import banger.daemon.engine.ProcessRef;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * VMMs that run though they should not: found by their working directory, which is ours alone, so that a start which
 * nobody could write down is found too.
 */
final class Strays {
    private static final Logger LOG = LoggerFactory.getLogger(Strays.class);

    private Strays() {}

    /** Ends the VMM that works in a directory, if there is one. */
    static void end(Path directory) {
        if (!Files.isDirectory(directory)) return;
        var shims = new ArrayList<ProcessRef>();
        try (var processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (var process : processes) {
                if (!worksIn(process, directory)) continue;
                var ref = ProcessRef.of(Long.parseLong(process.getFileName().toString()));
                if (ref.isEmpty()) continue;
                // The VMM, not its shim: that one writes down how it ended and goes by itself.
                if (name(process).equals("banger-shim")) shims.add(ref.get());
                else {
                    LOG.info("ending a stray VMM {} in {}", ref.get(), directory);
                    ref.get().kill();
                    awaitEnd(ref.get());
                }
            }
        } catch (IOException e) {
            LOG.warn("strays in {} could not be looked for", directory, e);
        }
        shims.forEach(Strays::awaitEnd);
    }

    private static boolean worksIn(Path process, Path directory) {
        try {
            // Where it is, not what it is called: a confined one calls it otherwise.
            return Files.isSameFile(process.resolve("cwd"), directory);
        } catch (IOException e) {
            return false; // another user's, or gone
        }
    }

    private static String name(Path process) {
        try {
            return Files.readString(process.resolve("comm")).strip();
        } catch (IOException e) {
            return "";
        }
    }

    private static void awaitEnd(ProcessRef ref) {
        long deadline = System.nanoTime() + 5_000_000_000L;
        while (ref.alive() && System.nanoTime() < deadline) {
            try {
                Thread.sleep(1);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
