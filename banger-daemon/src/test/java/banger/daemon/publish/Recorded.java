package banger.daemon.publish;

import banger.daemon.progress.Progress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Remembers what was told. */
public class Recorded implements Progress {
    public final List<String> doing = new CopyOnWriteArrayList<>();
    public final List<String> done = new CopyOnWriteArrayList<>();
    public final List<String> notes = new CopyOnWriteArrayList<>();

    @Override
    public void doing(String object, String what, long part, long total) {
        doing.add(object + ": " + what + (total > 0 ? " " + part + "/" + total : ""));
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
