package banger.api.client;

import banger.api.http.Duplex;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** A body that takes its connection with it when it is closed. */
final class OwningInput extends FilterInputStream {
    private final Duplex connection;

    OwningInput(InputStream body, Duplex connection) {
        super(body);
        this.connection = connection;
    }

    @Override
    public void close() throws IOException {
        connection.close();
    }
}
