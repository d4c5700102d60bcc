package banger.daemon.net;

import java.util.List;

/**
 * Why no network is to be had on this host.
 *
 * @param reason short, for {@code network: off (reason)}
 * @param remedies lines a person can act on
 */
public record NetworkUnavailable(String reason, List<String> remedies) {
    public NetworkUnavailable {
        remedies = List.copyOf(remedies);
    }

    NetworkUnavailable(String reason, String... remedies) {
        this(reason, List.of(remedies));
    }
}
