package banger.daemon.publish;

import banger.daemon.progress.Progress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One source, several listeners; who joins late is told what is under way. */
final class SharedProgress implements Progress {
    private record Doing(String object, String what, long done, long total) {}

    private final List<Progress> listeners = new CopyOnWriteArrayList<>();
    private volatile @Nullable Doing last;

    void add(Progress listener) {
        listeners.add(listener);
        var doing = last;
        if (doing != null) listener.doing(doing.object, doing.what, doing.done, doing.total);
    }

    void remove(Progress listener) {
        listeners.remove(listener);
    }

    @Override
    public void doing(String object, String what, long done, long total) {
        last = new Doing(object, what, done, total);
        each(p -> p.doing(object, what, done, total));
    }

    @Override
    public void done(String object, String what, long millis) {
        last = null;
        each(p -> p.done(object, what, millis));
    }

    @Override
    public void note(String line) {
        each(p -> p.note(line));
    }

    @Override
    public void warn(String line) {
        each(p -> p.warn(line));
    }

    private void each(Consumer<Progress> call) {
        listeners.forEach(call);
    }
}
