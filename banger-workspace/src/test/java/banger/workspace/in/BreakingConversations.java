package banger.workspace.in;

import banger.workspace.GuestPath;
import banger.workspace.testing.AgentOnHost;
import banger.workspace.wire.Conversations;
import banger.workspace.wire.Frames;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** Conversations that break off: the host is gone after so many bytes. */
record BreakingConversations(AgentOnHost whole, int bytes) implements Conversations {
    @Override
    public String name() {
        return whole.name();
    }

    @Override
    public Frames converse(String operation, GuestPath path) {
        var stream = whole.open(operation, path);
        return new Frames(name(), new Diverted(stream, new Cut(stream.out(), bytes)));
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
