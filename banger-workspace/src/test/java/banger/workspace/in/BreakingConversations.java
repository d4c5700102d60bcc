package banger.workspace.in;

import banger.api.http.Duplex;
import banger.workspace.GuestPath;
import banger.workspace.wire.Conversations;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** Conversations that break off: the host is gone after so many bytes. */
record BreakingConversations(Conversations whole, int bytes) implements Conversations {
    @Override
    public String vm() {
        return whole.vm();
    }

    @Override
    public Duplex open(String op, GuestPath path) {
        var stream = whole.open(op, path);
        var out = new Cut(stream.out(), bytes);
        return new Duplex() {
            @Override
            public InputStream in() {
                return stream.in();
            }

            @Override
            public OutputStream out() {
                return out;
            }

            @Override
            public void endOutput() throws IOException {
                stream.endOutput();
            }

            @Override
            public void close() throws IOException {
                stream.close();
            }
        };
    }

    private static final class Cut extends FilterOutputStream {
        private int left;

        Cut(OutputStream out, int bytes) {
            super(out);
            left = bytes;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] b, int off, int len) throws IOException {
            int n = Math.min(len, left);
            out.write(b, off, n);
            out.flush();
            left -= n;
            if (n < len) {
                out.close();
                throw new IOException("cut off");
            }
        }
    }
}
