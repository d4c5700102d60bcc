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
    /** Does it to one VM, on a thread of its own; returns how to tell, which is called in order. */
    @FunctionalInterface
    interface Each {
        Runnable run(String reference);
    }

    private ManyRefs() {}

    /** @return 0 when all went well */
    static int run(List<String> references, Session session, Each each) {
        var unique = List.copyOf(new LinkedHashSet<>(references));
        if (unique.size() == 1) {
            each.run(unique.getFirst()).run();
            return 0;
        }
        int status = 0;
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var results = new ArrayList<Future<Runnable>>();
            for (var reference : unique) results.add(threads.submit((Callable<Runnable>) () -> each.run(reference)));
            for (var result : results) {
                try {
                    result.get().run();
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
}
