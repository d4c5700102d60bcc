package banger.daemon.net;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;

/** {@link HostLinks} of this host. */
public final class KernelHostLinks implements HostLinks {
    private static final Path ROUTES = Path.of("/proc/net/route");
    private static final String EVERYWHERE = "00000000";

    @Override
    public Set<String> addresses() {
        try {
            var addresses = new TreeSet<String>();
            NetworkInterface.networkInterfaces()
                    .flatMap(NetworkInterface::inetAddresses)
                    .filter(Inet4Address.class::isInstance)
                    .forEach(a -> addresses.add(a.getHostAddress()));
            return addresses;
        } catch (SocketException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public boolean hasDefaultRoute() {
        try (var in = Files.newBufferedReader(ROUTES)) {
            // Iface Destination Gateway Flags RefCnt Use Metric Mask
            return in.lines()
                    .skip(1)
                    .map(l -> l.split("\t"))
                    .anyMatch(f -> f.length > 7 && f[1].equals(EVERYWHERE) && f[7].equals(EVERYWHERE));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
