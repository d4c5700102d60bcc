package bench;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** The conversation with a guest program, as short as it may be (docs/protocol.md). */
final class BareGuest implements AutoCloseable {
    private static final String NONCE = "ab".repeat(16);

    private final Process vmm;
    private final SocketChannel control;
    private final StringBuilder heard = new StringBuilder();

    /** Greets; the guest has answered when this returns. */
    BareGuest(Process vmm, Path directory) throws Exception {
        this.vmm = vmm;
        control = connected(vmm, directory.resolve("control.sock"));
        write(control, "\0host " + NONCE + " 1\n");
        await("hello " + NONCE);
    }

    /** Continued from a saved state: another machine from now on. */
    void rekey() throws IOException {
        write(control, "resumed 1000 rekey " + System.currentTimeMillis() * 1_000_000 + " " + "ef".repeat(32) + "\n");
        await("state boot 1000");
    }

    /** Gives it a canned configuration; it is ready when this returns. */
    void configure(Path directory) throws Exception {
        try (var streams = connected(vmm, directory.resolve("streams.sock"))) {
            var bytes = ByteBuffer.allocate(16);
            while (bytes.hasRemaining()) bytes.put((byte) 0xcd);
            streams.write(bytes.flip());
            write(control, "mux " + "cd".repeat(16) + "\n");
            var archive = archive();
            streams.write(frame(1, new byte[0]));
            streams.write(frame(2, ("POST /configure HTTP/1.1\r\nHost: x\r\nContent-Length: " + archive.length + "\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII)));
            streams.write(frame(2, archive));
            await("\nready\n");
        }
    }

    static void write(SocketChannel channel, String text) throws IOException {
        channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
    }

    private void await(String what) throws IOException {
        var buffer = ByteBuffer.allocate(4096);
        while (heard.indexOf(what) < 0) {
            if (control.read(buffer.clear()) < 0) throw new IOException("bare QEMU ended; heard " + heard);
            heard.append(StandardCharsets.ISO_8859_1.decode(buffer.flip()));
            if (heard.indexOf("\nfailed ") >= 0) throw new IOException("the bare guest failed: " + heard);
        }
    }

    /** A frame of stream 1. */
    private static ByteBuffer frame(int type, byte[] payload) {
        return ByteBuffer.allocate(12 + payload.length).putInt(payload.length).putInt(1).put((byte) type).put(new byte[3])
                .put(payload).flip();
    }

    /** A configuration as short as it may be: one newc member and the trailer. */
    private static byte[] archive() {
        var conf = "id=0123456789ab\nmachine-id=" + NONCE + "\nhostname=bare\ntime=" + System.currentTimeMillis() * 1_000_000 + "\n";
        return (member("banger.conf", 0100600, conf) + member("TRAILER!!!", 0, "")).getBytes(StandardCharsets.US_ASCII);
    }

    private static String member(String name, int mode, String content) {
        var head = new StringBuilder("070701");
        for (int field : new int[] {1, mode, 0, 0, 1, 0, content.length(), 0, 0, 0, 0, name.length() + 1, 0})
            head.append(String.format("%08x", field));
        head.append(name).append('\0');
        while (head.length() % 4 != 0) head.append('\0');
        head.append(content);
        while (head.length() % 4 != 0) head.append('\0');
        return head.toString();
    }

    /** A socket that a fresh VMM is about to open. */
    static SocketChannel connected(Process vmm, Path socket) throws IOException, InterruptedException {
        while (true) {
            // One that failed to connect is closed for good.
            var channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            try {
                channel.connect(UnixDomainSocketAddress.of(socket));
                return channel;
            } catch (IOException e) {
                channel.close();
                if (!vmm.isAlive()) throw new IOException("bare QEMU ended", e);
                Thread.sleep(1);
            }
        }
    }

    @Override
    public void close() throws IOException {
        control.close();
    }
}
