package banger.net;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The whole helper with somebody who asks it everything: what the AOT cache of {@link Main} is trained
 * on. Run inside a namespace of its own: {@code banger.net.Training DIRECTORY}.
 */
final class Training {
    private static final List<String> CONVERSATION = List.of(
            "hello 1",
            "setup br-banger 172.16.0.1/24",
            "attach 0123456789ab 02:ba:ac:10:00:02 172.16.0.2",
            "attach 0123456789ab 02:ba:ac:10:00:02 172.16.0.2",
            "uplink",
            "host-addresses 192.0.2.1 192.0.2.2",
            "nat 0123456789ab on",
            "list",
            "list-nat",
            "nat 0123456789ab off",
            "detach 0123456789ab",
            "nonsense");

    private Training() {}

    public static void main(String[] arguments) throws IOException {
        var socket = Path.of(arguments[0]).resolve("net.sock");
        try (var server = Server.listen(socket, new Network(new HostKernel(), "training", 0), Duration.ofMinutes(1))) {
            Thread.ofPlatform().daemon().start(() -> serve(server));
            try (var channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
                var answer = ByteBuffer.allocate(Server.LONGEST_LINE);
                for (var line : CONVERSATION) {
                    channel.write(StandardCharsets.US_ASCII.encode(line + "\n"));
                    channel.read(answer.clear());
                    System.out.print(line + " -> " + StandardCharsets.US_ASCII.decode(answer.flip()));
                }
            }
        }
    }

    private static void serve(Server server) {
        try {
            server.serve();
        } catch (IOException e) {
            System.out.println("training: " + e.getMessage());
        }
    }
}
