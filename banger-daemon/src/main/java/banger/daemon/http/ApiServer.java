package banger.daemon.http;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.client.BangerClient;
import banger.api.http.Duplex;
import banger.api.http.Head;
import banger.api.http.HttpProtocolException;
import banger.api.model.ErrorInfo;
import banger.daemon.Build;
import banger.daemon.DurableFiles;
import banger.daemon.Owner;
import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.Semaphore;
import jdk.net.ExtendedSocketOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Listens on the owner's socket: a virtual thread a connection, and nobody but the owner. */
public final class ApiServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ApiServer.class);
    private static final int MAX_CONNECTIONS = 512;

    private final Path socket;
    private final ServerSocketChannel server;
    private final Owner owner;
    private final Router router;
    private final Failures failures;
    private final Runnable onRequest;
    private final Semaphore connections = new Semaphore(MAX_CONNECTIONS);

    private ApiServer(
            Path socket,
            ServerSocketChannel server,
            Owner owner,
            Router router,
            Operations operations,
            Runnable onRequest) {
        this.socket = socket;
        this.server = server;
        this.owner = owner;
        this.router = router;
        this.failures = operations.failures();
        this.onRequest = onRequest;
    }

    /**
     * Binds. The caller holds the state directory's lock, so a socket that is there is a dead daemon's.
     *
     * @param onRequest called at each request: the daemon is in use
     */
    public static ApiServer bind(Path socket, Owner owner, Router router, Operations operations, Runnable onRequest) {
        try {
            if (Files.exists(socket, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
                var kind = Files.readAttributes(
                        socket,
                        java.nio.file.attribute.BasicFileAttributes.class,
                        java.nio.file.LinkOption.NOFOLLOW_LINKS);
                if (!kind.isOther())
                    throw new BangerException(
                            ErrorCode.STATE_IN_USE,
                            socket + ": is there and is not a socket of ours",
                            "move it away, then again");
                Files.delete(socket);
            }
            var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            server.bind(UnixDomainSocketAddress.of(socket));
            Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
            return new ApiServer(socket, server, owner, router, operations, onRequest);
        } catch (IOException e) {
            throw DurableFiles.failure(socket, e);
        }
    }

    /** Serves until closed. */
    public void serve() {
        while (server.isOpen()) {
            try {
                var client = server.accept();
                if (!connections.tryAcquire()) {
                    client.close();
                    continue;
                }
                Thread.ofVirtual().name("api").start(() -> {
                    try {
                        connection(client);
                    } finally {
                        connections.release();
                    }
                });
            } catch (AsynchronousCloseException e) {
                return;
            } catch (ClosedChannelException e) {
                return;
            } catch (IOException e) {
                LOG.warn("accept failed", e);
            }
        }
    }

    private void connection(SocketChannel client) {
        try (client;
                var duplex = Duplex.of(client)) {
            var peer =
                    client.getOption(ExtendedSocketOptions.SO_PEERCRED).user().getName();
            if (!peer.equals(owner.name())) {
                Head.read(duplex.in());
                refuse(
                        duplex,
                        new ErrorInfo(
                                ErrorCode.DAEMON_UNAUTHORIZED.code(),
                                "this daemon belongs to " + owner.name(),
                                List.of(),
                                Operations.freshId()));
                return;
            }
            for (var head = Head.read(duplex.in()); head.isPresent(); head = Head.read(duplex.in())) {
                onRequest.run();
                if (!answer(duplex, head.get())) return;
            }
        } catch (HttpProtocolException e) {
            LOG.info("a client does not speak HTTP: {}", e.getMessage());
        } catch (IOException e) {
            LOG.debug("client went away: {}", e.getMessage());
        }
    }

    private boolean answer(Duplex duplex, Head head) throws IOException {
        try {
            var exchange = new Exchange(duplex, head);
            var wanted = head.headers().first(BangerClient.BUILD_HEADER).orElse(Build.id());
            if (!wanted.equals(Build.id()))
                throw new BangerException(
                        ErrorCode.DAEMON_OTHER_BUILD,
                        "bangerd: of build " + Build.id() + ", the client of another",
                        "banger daemon stop");
            router.handle(exchange);
            return exchange.finish();
        } catch (RuntimeException e) {
            var id = Operations.freshId();
            refuse(duplex, failures.describe(e, id));
            return false;
        }
    }

    private static void refuse(Duplex duplex, ErrorInfo error) throws IOException {
        int status = ErrorCode.of(error.code()).orElse(ErrorCode.INTERNAL).httpStatus();
        var json = Jsonb.instance().type(ErrorInfo.class).toJson(error) + "\n";
        var bytes = json.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        Head.response(
                        status,
                        "Error",
                        banger.api.http.Headers.of(
                                "Content-Type", "application/json",
                                "Content-Length", Integer.toString(bytes.length),
                                "Connection", "close"))
                .write(duplex.out());
        duplex.out().write(bytes);
        duplex.out().flush();
    }

    @Override
    public void close() {
        try {
            server.close();
            Files.deleteIfExists(socket);
        } catch (IOException e) {
            LOG.warn("socket {} could not be removed", socket, e);
        }
    }
}
