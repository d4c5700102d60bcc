package banger.api.http;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/** Bytes both ways. One thread may read while another writes; close ends both. */
public interface Duplex extends Closeable {
    InputStream in();

    OutputStream out();

    /** No more bytes from us; the other way stays open. */
    void endOutput() throws IOException;

    static Duplex connect(Path socket) throws IOException {
        var channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
            return of(channel);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    static Duplex of(SocketChannel channel) {
        var in = new BufferedInputStream(Channels.newInputStream(channel), 64 * 1024);
        var out = Channels.newOutputStream(channel);
        return new Duplex() {
            @Override
            public InputStream in() {
                return in;
            }

            @Override
            public OutputStream out() {
                return out;
            }

            @Override
            public void endOutput() throws IOException {
                channel.shutdownOutput();
            }

            @Override
            public void close() throws IOException {
                channel.close();
            }
        };
    }
}
