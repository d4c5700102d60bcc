package banger.api.http;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/** A chunked body; trailers are read and dropped. */
final class ChunkedInput extends InputStream {
    private static final int MAX_LINE = 64;

    private final InputStream in;
    private long left;
    private boolean first = true;
    private boolean ended;

    ChunkedInput(InputStream in) {
        this.in = in;
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        if (length == 0) return 0;
        if (left == 0 && !nextChunk()) return -1;
        int n = in.read(buffer, offset, (int) Math.min(length, left));
        if (n < 0) throw new EOFException("the connection ended inside a chunk");
        left -= n;
        return n;
    }

    private boolean nextChunk() throws IOException {
        if (ended) return false;
        if (!first && !line().isEmpty()) throw new HttpProtocolException("a chunk without its end");
        first = false;
        var size = line();
        int extension = size.indexOf(';');
        if (extension >= 0) size = size.substring(0, extension);
        if (!size.strip().matches("[0-9a-fA-F]{1,8}")) throw new HttpProtocolException("not a chunk size");
        left = Long.parseLong(size.strip(), 16);
        if (left > 0) return true;
        for (int trailers = 0; !line().isEmpty(); trailers++)
            if (trailers == 16) throw new HttpProtocolException("too many trailers");
        ended = true;
        return false;
    }

    private String line() throws IOException {
        var line = new StringBuilder();
        for (int b; (b = in.read()) != '\n'; ) {
            if (b < 0) throw new EOFException("the connection ended inside a chunk");
            if (line.length() == MAX_LINE) throw new HttpProtocolException("chunk line too long");
            line.append((char) b);
        }
        if (!line.isEmpty() && line.charAt(line.length() - 1) == '\r') line.setLength(line.length() - 1);
        return line.toString();
    }
}
