package banger.daemon.net;

import banger.api.BangerException;
import banger.api.ErrorCode;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** Asks the network helper: a connection for each request, so that none is left over when it dies. */
final class NetClient {
    private static final int LONGEST_ANSWER = 65536;

    private final Path socket;

    NetClient(Path socket) {
        this.socket = socket;
    }

    /**
     * One request.
     *
     * @return the words after {@code ok}
     * @throws Refused what the helper says it could not do
     * @throws IOException when it cannot be reached
     * @throws BangerException {@code cancelled} when the calling thread was interrupted
     */
    List<String> ask(String request) throws IOException, Refused {
        String answer;
        try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            for (var bytes = StandardCharsets.US_ASCII.encode(request + "\n"); bytes.hasRemaining(); )
                channel.write(bytes);
            answer = line(channel);
        } catch (ClosedByInterruptException e) {
            throw new BangerException(ErrorCode.CANCELLED, "network: cancelled").because(e);
        }
        if (answer.equals("ok")) return List.of();
        if (answer.startsWith("ok "))
            return List.of(answer.substring("ok ".length()).split(" "));
        var words = answer.split(" ", 3);
        throw words.length == 3 && words[0].equals("error")
                ? new Refused(words[1], words[2])
                : new Refused("protocol", "an answer that makes no sense: " + answer);
    }

    private static String line(SocketChannel channel) throws IOException {
        var buffer = ByteBuffer.allocate(LONGEST_ANSWER);
        while (buffer.hasRemaining() && channel.read(buffer) >= 0)
            if (buffer.position() > 0 && buffer.get(buffer.position() - 1) == '\n')
                return StandardCharsets.US_ASCII
                        .decode(buffer.flip())
                        .toString()
                        .strip();
        throw new IOException("the network helper ended in the middle of an answer");
    }
}
