package banger.net;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import jdk.net.ExtendedSocketOptions;

/**
 * Who may talk to us: the user that we are, whatever the number is called in here. Another user of the
 * host, real root too where we are not root's, has the overflow uid in this namespace.
 */
final class Peer {
    private Peer() {}

    static UserPrincipal self() throws IOException {
        return Files.getOwner(Path.of("/proc/self"));
    }

    static boolean trusted(SocketChannel channel) throws IOException {
        return channel.getOption(ExtendedSocketOptions.SO_PEERCRED).user().equals(self());
    }
}
