package banger.cli;

import banger.api.Layout;
import banger.api.client.BangerClient;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Map;
import java.util.Optional;

/** What a command works with: the terminal, the environment, and the daemon once it is needed. */
public final class Session {
    private final Terminal terminal;
    private final Streams streams;
    private final Map<String, String> environment;
    private final Layout layout;
    private final DaemonStarter starter;
    private Optional<BangerClient> client = Optional.empty();

    /** The process's standard streams, byte for byte and unbuffered. */
    public record Streams(InputStream in, OutputStream out, OutputStream err) {}

    Session(Terminal terminal, Streams streams, Map<String, String> environment, Layout layout, DaemonStarter starter) {
        this.terminal = terminal;
        this.streams = streams;
        this.environment = environment;
        this.layout = layout;
        this.starter = starter;
    }

    public Terminal terminal() {
        return terminal;
    }

    public Streams streams() {
        return streams;
    }

    public Map<String, String> environment() {
        return environment;
    }

    public Layout layout() {
        return layout;
    }

    /** The daemon, started when it does not run. */
    public synchronized BangerClient daemon() {
        if (client.isEmpty()) client = Optional.of(starter.running());
        return client.get();
    }

    /** The daemon if it runs. */
    public Optional<BangerClient> daemonIfRunning() {
        return starter.ifRunning();
    }

    public EventLines events() {
        return new EventLines(terminal);
    }
}
