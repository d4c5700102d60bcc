package banger.cli.verbs;

import banger.api.BangerException;
import banger.cli.Session;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** One verb for several VMs at once: good ones go on when another fails; output in the order given. */
final class ManyRefs {
    /** Does it to one VM; returns the line to print, empty for none. */
    @FunctionalInterface
    interface Each {
        String run(String reference);
    }

    private ManyRefs() {}

    /** @return 0 when all went well */
    static int run(List<String> references, Session session, Each each) {
        var unique = List.copyOf(new LinkedHashSet<>(references));
        if (unique.size() == 1) {
            say(session, each.run(unique.getFirst()));
            return 0;
        }
        int status = 0;
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var results = new ArrayList<Future<String>>();
            for (var reference : unique) results.add(threads.submit((Callable<String>) () -> each.run(reference)));
            for (var result : results) {
                try {
                    say(session, result.get());
                } catch (ExecutionException e) {
                    if (!(e.getCause() instanceof BangerException told)) throw new IllegalStateException(e);
                    session.terminal().error(told.fact(), told.remedies());
                    status = 1;
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return 1;
                }
            }
        }
        return status;
    }

    private static void say(Session session, String line) {
        if (!line.isEmpty()) session.terminal().line(line);
    }
}
