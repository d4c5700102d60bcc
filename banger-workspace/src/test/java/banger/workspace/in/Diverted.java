package banger.workspace.in;

import banger.api.http.Duplex;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** A conversation's pipe whose output goes another way first. */
record Diverted(Duplex whole, OutputStream out) implements Duplex {
    @Override
    public InputStream in() {
        return whole.in();
    }

    @Override
    public void endOutput() throws IOException {
        whole.endOutput();
    }

    @Override
    public void close() throws IOException {
        whole.close();
    }
}
