package banger.api.http;

import java.io.IOException;

/** The other side does not speak HTTP/1.1 within our limits. */
public final class HttpProtocolException extends IOException {
    private static final long serialVersionUID = 1;

    public HttpProtocolException(String message) {
        super(message);
    }
}
