package banger.daemon.net;

import java.util.Set;

/** What of the host's own network matters to guests on their way out. */
public interface HostLinks {
    /** Every IPv4 address of the host. */
    Set<String> addresses();

    boolean hasDefaultRoute();
}
