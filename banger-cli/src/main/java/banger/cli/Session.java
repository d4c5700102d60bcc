package banger.cli;

import banger.api.Layout;
import banger.api.client.BangerClient;
import java.io.InputStream;
import java.util.Map;
import java.util.Optional;

/** What a command works with: the terminal, the environment, and the daemon once it is needed. */
public final class Session {
    private final Terminal terminal;
    private final InputStream in;
    private final Map<String, String> environment;
    private final Layout layout;
    private final DaemonStarter starter;
    private Optional<BangerClient> client = Optional.empty();

    Session(Terminal terminal, InputStream in, Map<String, String> environment, Layout layout, DaemonStarter starter) {
        this.terminal = terminal;
        this.in = in;
        this.environment = environment;
        this.layout = layout;
        this.starter = starter;
    }

    public Terminal terminal() {
        return terminal;
    }

    public InputStream in() {
        return in;
    }

    public Map<String, String> environment() {
        return environment;
    }

    public Layout layout() {
        return layout;
    }

    /** The daemon, started when it does not run. */
    public BangerClient daemon() {
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
