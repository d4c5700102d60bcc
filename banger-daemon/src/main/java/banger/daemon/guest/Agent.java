package banger.daemon.guest;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.api.http.ChunkedOutput;
import banger.api.http.Duplex;
import banger.api.http.Head;
import banger.api.http.Headers;
import banger.api.model.ExecRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/** The requests an agent answers, each on a stream of its own. */
public final class Agent {
    private static final int MAX_TEXT = 1 << 20;
    private static final Duration QUICK = Duration.ofSeconds(5);

    private final String vm;
    private final GuestChannel channel;

    /** @param vm the VM's name, for errors */
    public Agent(String vm, GuestChannel channel) {
        this.vm = vm;
        this.channel = channel;
    }

    /** {@code key=value} lines of the agent's own account. */
    public Map<String, String> health() {
        var values = new HashMap<String, String>();
        text(request("GET", "/healthz", new byte[0], QUICK)).lines().forEach(line -> {
            int equals = line.indexOf('=');
            if (equals > 0) values.put(line.substring(0, equals), Printable.line(line.substring(equals + 1)));
        });
        return values;
    }

    /** Hands over the configuration; returns when it is applied. */
    public void configure(byte[] archive, Duration deadline) {
        text(request("POST", "/configure", archive, deadline));
    }

    /** Writes everything to disk, and freezes the file systems if asked to. */
    public void sync(boolean freeze, Duration deadline) {
        text(request("POST", "/sync?freeze=" + (freeze ? 1 : 0), new byte[0], deadline));
    }

    /** Fills a work disk that is not in use from the image's own home directory. */
    public void seed(Duration deadline) {
        text(request("POST", "/seed", new byte[0], deadline));
    }

    /**
     * Returns when the guest's init has nothing more to do.
     *
     * @throws BangerException {@code guest.protocol} when it still has after that time: it says what
     */
    public void settle(Duration within) {
        text(request("POST", "/settle?within=" + within.toSeconds(), new byte[0], within.plusSeconds(30)));
    }

    /** Returns when the guest's init is past its own start, or after that time. */
    public void awaitInit(Duration within) {
        text(request("POST", "/settle?stage=init&within=" + within.toSeconds(), new byte[0], within.plusSeconds(10)));
    }

    /** Ends what commands left behind. */
    public void quit(Duration deadline) {
        text(request("POST", "/quit", new byte[0], deadline));
    }

    /** Gives back what is cached and fills what is free with zeroes. */
    public void shrink(Duration deadline) {
        text(request("POST", "/shrink", new byte[0], deadline));
    }

    /** Writes the members of a tar below a directory; owners and modes are the tar's. */
    public void putFiles(String directory, Body tar, Duration deadline) {
        text(request("POST", "/files?path=" + directory, tar, deadline));
    }

    /** Asks the guest's init for its own shutdown. */
    public void power(String action) {
        text(request("POST", "/power?action=" + action, new byte[0], QUICK));
    }

    /** Starts a command; the stream carries exec frames from here on. */
    public Duplex exec(ExecRequest command) {
        return upgraded("/exec", ExecDescription.of(command).bytes());
    }

    /** Connects to a port on the guest's loopback; the stream carries exec frames from here on. */
    public Duplex forward(int port) {
        return upgraded("/forward?port=" + port, new byte[0]);
    }

    /**
     * Begins a workspace conversation; its frames pass from here on.
     *
     * @param op {@code prepare}, {@code scan} or {@code read}
     * @param path percent-encoded
     */
    public Duplex workspace(String op, String path) {
        return upgraded("/workspace?op=" + op + "&path=" + path, new byte[0]);
    }

    /** What was asked, and until when. */
    private record Call(String target, Duration deadline, AtomicBoolean expired, ScheduledFuture<?> timer) {
        static Call of(String target, Duration deadline, Duplex stream) {
            var expired = new AtomicBoolean();
            var timer = Deadlines.after(deadline, () -> {
                expired.set(true);
                close(stream);
            });
            return new Call(target, deadline, expired, timer);
        }
    }

    private record Answer(Duplex stream, Head head, Call call) {}

    private Duplex upgraded(String target, byte[] body) {
        var answer = request("POST", target, body, Duration.ofSeconds(10));
        try {
            if (answer.head.status() == 101) return answer.stream;
            throw refused(answer);
        } catch (IOException e) {
            throw broken(answer.call, e);
        }
    }

    /** Writes a request's body of unknown length. */
    public interface Body {
        void write(OutputStream out) throws IOException;
    }

    private Answer request(String method, String target, byte[] body, Duration deadline) {
        return request(method, target, Optional.of(body.length), out -> out.write(body), deadline);
    }

    private Answer request(String method, String target, Body body, Duration deadline) {
        return request(method, target, Optional.empty(), body, deadline);
    }

    private Answer request(String method, String target, Optional<Integer> length, Body body, Duration deadline) {
        Duplex stream;
        try {
            stream = channel.open();
        } catch (IOException e) {
            throw lost(e);
        }
        var call = Call.of(target, deadline, stream);
        try {
            var headers = length.map(n -> Headers.of("Host", "guest", "Content-Length", Integer.toString(n)))
                    .orElse(Headers.of("Host", "guest", "Transfer-Encoding", "chunked"));
            Head.request(method, target, headers).write(stream.out());
            if (length.isPresent()) {
                body.write(stream.out());
            } else {
                try (var chunks = new ChunkedOutput(stream.out())) {
                    body.write(chunks);
                }
            }
            var head = Head.read(stream.in()).orElseThrow(() -> new IOException("no answer"));
            if (head.status() == 101) call.timer.cancel(false);
            return new Answer(stream, head, call);
        } catch (IOException e) {
            close(stream);
            throw broken(call, e);
        }
    }

    /** The whole body of a 200; closes the stream. */
    private String text(Answer answer) {
        try (var stream = answer.stream) {
            if (answer.head.status() != 200) throw refused(answer);
            return new String(bounded(answer.head.body(stream.in())), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw broken(answer.call, e);
        } finally {
            answer.call.timer.cancel(false);
        }
    }

    private static byte[] bounded(InputStream body) throws IOException {
        var bytes = body.readNBytes(MAX_TEXT + 1);
        if (bytes.length > MAX_TEXT) throw new IOException("the agent's answer is over 1 MiB");
        return bytes;
    }

    private BangerException refused(Answer answer) throws IOException {
        try (var stream = answer.stream) {
            var fact = new String(bounded(answer.head.body(stream.in())), StandardCharsets.UTF_8);
            return new BangerException(
                    answer.head.status() < 500 ? ErrorCode.GUEST_REFUSED : ErrorCode.GUEST_PROTOCOL,
                    "vm " + vm + ": " + Printable.line(fact.strip()));
        }
    }

    private BangerException lost(IOException e) {
        // A channel that was closed under us has no words of its own.
        var why = Optional.ofNullable(e.getMessage()).orElse("the connection was closed");
        return new BangerException(
                        ErrorCode.GUEST_PROTOCOL,
                        "vm " + vm + ": its agent does not answer (" + Printable.line(why) + ")",
                        "banger vm logs " + vm + "; banger vm restart " + vm)
                .because(e);
    }

    private BangerException broken(Call call, IOException e) {
        if (!call.expired.get()) return lost(e);
        var target = call.target;
        var deadline = call.deadline;
        return new BangerException(
                ErrorCode.GUEST_PROTOCOL,
                "vm " + vm + ": its agent did not answer " + target.split("\\?")[0] + " within " + deadline.toSeconds()
                        + " s",
                "banger vm logs " + vm + "; banger vm restart " + vm);
    }

    private static void close(Duplex stream) {
        try {
            stream.close();
        } catch (IOException e) {
            // The channel is gone, and the stream with it.
            return;
        }
    }
}
