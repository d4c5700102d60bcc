package banger.daemon.publish;

import banger.daemon.progress.Progress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/** Remembers what was told. */
public class Recorded implements Progress {
    public final List<String> doing = new CopyOnWriteArrayList<>();
    public final List<String> done = new CopyOnWriteArrayList<>();
    public final List<String> notes = new CopyOnWriteArrayList<>();
    /** Open once something was told. */
    public final CountDownLatch told = new CountDownLatch(1);

    @Override
    public void doing(String object, String what, long part, long total) {
        doing.add(object + ": " + what + (total > 0 ? " " + part + "/" + total : ""));
        told.countDown();
    }

    @Override
    public void done(String object, String what, long millis) {
        done.add(object + ": " + what + " in " + millis + " ms");
    }

    @Override
    public void note(String line) {
        notes.add(line);
    }

    @Override
    public void warn(String line) {
        notes.add("warning: " + line);
    }

    @Override
    public String toString() {
        return "doing " + doing + "\ndone " + done + "\nnotes " + notes;
    }
}
