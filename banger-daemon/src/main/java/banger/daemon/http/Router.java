package banger.daemon.http;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Method and path to handler. A path is segments; {@code {}} stands for any one. */
public final class Router {
    /** Answers one request. */
    @FunctionalInterface
    public interface Handler {
        void handle(Exchange exchange) throws IOException;
    }

    private record Route(String method, String template, Pattern pattern, Handler handler) {}

    private final List<Route> routes = new ArrayList<>();

    public void add(String method, String template, Handler handler) {
        var pattern = Pattern.compile(Pattern.quote(template).replace("{}", "\\E([^/]+)\\Q"));
        routes.add(new Route(method, template, pattern, handler));
    }

    /** {@code METHOD path} of every route, for the API's description and its test. */
    public List<String> list() {
        return routes.stream().map(r -> r.method + " " + r.template).toList();
    }

    void handle(Exchange exchange) throws IOException {
        for (var route : routes) {
            if (!route.method.equals(exchange.method())) continue;
            var matcher = route.pattern.matcher(exchange.path());
            if (!matcher.matches()) continue;
            var parameters = new ArrayList<String>();
            for (int i = 1; i <= matcher.groupCount(); i++) parameters.add(Exchange.decodeSegment(matcher.group(i)));
            exchange.parameters(parameters);
            route.handler.handle(exchange);
            return;
        }
        throw new BangerException(
                ErrorCode.NO_SUCH_PATH,
                Printable.line(exchange.method() + " " + exchange.path()) + ": no such path in this API",
                "banger version; the CLI and the daemon may be of different builds");
    }
}
