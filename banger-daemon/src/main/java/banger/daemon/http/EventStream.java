package banger.daemon.http;

import banger.api.http.ChunkedOutput;
import banger.api.model.Event;
import banger.daemon.progress.Progress;
import io.avaje.jsonb.JsonType;
import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.ReentrantLock;

/** Events as lines of JSON. Once the client is gone they go nowhere. */
final class EventStream implements Progress, AutoCloseable {
    private static final JsonType<Event> EVENT = Jsonb.instance().type(Event.class);

    private final ChunkedOutput out;
    private final ReentrantLock lock = new ReentrantLock();
    private boolean lost;

    EventStream(OutputStream out) {
        this.out = new ChunkedOutput(out);
    }

    void send(Event event) {
        lock.lock();
        try {
            if (!lost) out.write((EVENT.toJson(event) + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            lost = true;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void doing(String object, String what, long done, long total) {
        send(Event.doing(object, what, done, total));
    }

    @Override
    public void done(String object, String what, long millis) {
        send(Event.done(object, what, millis));
    }

    @Override
    public void note(String line) {
        send(Event.note(line));
    }

    @Override
    public void warn(String line) {
        send(Event.warn(line));
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (!lost) out.close();
        } catch (IOException e) {
            lost = true;
        } finally {
            lock.unlock();
        }
    }
}
