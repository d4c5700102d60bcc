package banger.daemon.engine.firecracker;

import banger.api.http.Duplex;
import banger.api.http.Head;
import banger.api.http.Headers;
import banger.daemon.engine.FakeGuest;
import banger.daemon.engine.FakeHypervisor;
import io.avaje.jsonb.Jsonb;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A program that behaves as Firecracker does, as far as can be seen from outside: its command line, its API
 * by the schema, its vsock sockets, what it leaves behind. Its guest speaks the guest's protocol. The first
 * argument says what goes wrong: {@code KIND} or {@code KIND:PATH}, at the request for that path.
 */
public final class FakeFirecracker {
    private final ApiSchema schema = ApiSchema.load();
    private final String fault;
    private final String id;
    private volatile FakeGuest guest = new FakeGuest("fake", FakeHypervisor.Boot.READY);
    private String vsock = "";
    /** Of its network card; a saved machine remembers it. */
    private String tap = "none";

    private String state = "Not started";
    /** A snapshot was made or loaded, and it has not run since. */
    private boolean fresh;

    private boolean loaded;

    private volatile boolean deaf;

    private FakeFirecracker(String fault, String id) {
        this.fault = fault;
        this.id = id;
    }

    /** A script that runs it in place of {@code firecracker}. */
    static Path program(Path directory, String fault) {
        var script = directory.resolve("firecracker");
        try {
            Files.writeString(
                    script,
                    "#!/bin/sh\nexec '" + Path.of(System.getProperty("java.home"), "bin/java")
                            + "' -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx64m -cp '"
                            + System.getProperty("java.class.path") + "' " + FakeFirecracker.class.getName() + " '"
                            + fault
                            + "' \"$@\"\n");
            return Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static void main(String[] arguments) throws IOException {
        var words = List.of(arguments);
        if (words.contains("--version")) {
            System.out.println("Firecracker v1.16.1\n");
            return;
        }
        if (words.getFirst().equals("dies")) fail("no luck today", 3);
        var id = words.get(words.indexOf("--id") + 1);
        if (!id.matches("[A-Za-z0-9-]{1,64}")) fail("Invalid instance ID: " + id, 134);
        new FakeFirecracker(words.getFirst(), id).serve(Path.of(words.get(words.indexOf("--api-sock") + 1)));
    }

    private static void fail(String words, int status) {
        System.err.println("Error: " + words);
        Runtime.getRuntime().halt(status);
    }

    private void serve(Path socket) throws IOException {
        if (fault.equals("no-socket")) {
            guest.ended().join();
            return;
        }
        guest.ended().thenRun(() -> Runtime.getRuntime().halt(0));
        listen(socket, this::api);
    }

    /** Sockets are left behind when it ends, and one that is there already is an error, as with the real one. */
    private static void listen(Path socket, Consumer<Duplex> serve) throws IOException {
        var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        Thread.ofPlatform().name(socket.toString()).start(() -> {
            while (true) {
                try {
                    var pipe = Duplex.of(server.accept());
                    Thread.ofVirtual().start(() -> serve.accept(pipe));
                } catch (IOException e) {
                    fail(socket + ": " + e, 1);
                }
            }
        });
    }

    private void api(Duplex pipe) {
        try (pipe) {
            while (true) {
                var head = Head.read(pipe.in());
                if (head.isEmpty()) return;
                var body = new String(head.get().body(pipe.in()).readAllBytes(), StandardCharsets.UTF_8);
                answer(pipe, head.get().first(), head.get().second(), body);
            }
        } catch (IOException e) {
            return; // the host went away
        }
    }

    private void answer(Duplex pipe, String method, String path, String body) throws IOException {
        if (fault.endsWith(":" + path)) {
            misbehave(pipe, path);
            return;
        }
        if (method.equals("GET") && path.equals("/")) {
            respond(
                    pipe,
                    200,
                    "{\"app_name\":\"Firecracker\",\"id\":\"" + id + "\",\"state\":\"" + state
                            + "\",\"vmm_version\":\"1.16.1\",\"new_field\":[{}]}");
            return;
        }
        var complaint = schema.complaint(method, path, body, !state.equals("Not started"));
        if (complaint.isEmpty()) {
            try {
                carryOut(path, Jsonb.instance().type(Object.class).map().fromJson(body));
                respond(pipe, 204, "");
                return;
            } catch (IOException e) {
                complaint = java.util.Optional.of(String.valueOf(e.getMessage()));
            }
        }
        respond(pipe, 400, "{\"fault_message\":" + Jsonb.instance().toJson(complaint.orElseThrow()) + "}");
    }

    private void carryOut(String path, Map<String, Object> body) throws IOException {
        if (path.startsWith("/drives/")) {
            var file = Path.of(String.valueOf(body.get("path_on_host")));
            if (!Files.isReadable(file))
                throw new IOException("Unable to create the block device: Error opening backing file: " + file);
            return;
        }
        if (path.startsWith("/network-interfaces/")) {
            tap = String.valueOf(body.get("host_dev_name"));
            return;
        }
        switch (path) {
            case "/boot-source" -> {
                if (!Files.isReadable(Path.of(String.valueOf(body.get("kernel_image_path")))))
                    throw new IOException("The kernel file cannot be opened: No such file or directory (os error 2)");
            }
            case "/vsock" -> {
                vsock = String.valueOf(body.get("uds_path"));
                listen(Path.of(vsock), this::fromHost);
            }
            case "/actions" -> {
                state = "Running";
                Thread.ofPlatform().name("guest").start(this::guest);
            }
            case "/vm" -> {
                state = body.get("state").equals("Paused") ? "Paused" : "Running";
                if (state.equals("Paused")) {
                    guest.pause();
                } else {
                    // As up to 1.16: without a snapshot in between its vsock takes nothing from the host any more.
                    deaf = !fresh;
                    guest.unpause();
                    if (loaded) Thread.ofPlatform().name("guest").start(this::guest);
                    else if (fresh) guest.disconnect();
                    loaded = false;
                }
                fresh = false;
            }
            case "/snapshot/create" -> {
                if (!state.equals("Paused")) throw new IOException("Cannot save a microVM that is not paused");
                // The guest's connections break before the first byte is written, as with the real one.
                fresh = true;
                Files.writeString(
                        Path.of(String.valueOf(body.get("snapshot_path"))),
                        vsock + " " + tap + "\n" + guest.saved() + "\nend");
                Files.write(Path.of(String.valueOf(body.get("mem_file_path"))), new byte[1 << 16]);
            }
            case "/snapshot/load" -> load(body);
            default -> {}
        }
    }

    /** A failed load ends the process, as with the real one. */
    private void load(Map<String, Object> body) throws IOException {
        var lines = Files.readString(Path.of(String.valueOf(body.get("snapshot_path"))))
                .split("\n");
        var memory = (Map<?, ?>) java.util.Objects.requireNonNull(body.get("mem_backend"));
        if (lines.length != 3 || !lines[2].equals("end"))
            throw new IOException("Failed to restore from snapshot: CRC64");
        if (!Files.isReadable(Path.of(String.valueOf(memory.get("backend_path")))))
            throw new IOException("Failed to open memory file");
        vsock = lines[0].split(" ")[0];
        tap = lines[0].split(" ")[1];
        if (body.get("network_overrides") instanceof List<?> overrides)
            for (var override : overrides) {
                var card = (Map<?, ?>) override;
                // The card that it was booted with goes by this name.
                if (!"eth0".equals(card.get("iface_id"))) throw new IOException("Unknown Network Device");
                tap = String.valueOf(card.get("host_dev_name"));
            }
        guest = FakeGuest.restored("fake", lines[1]);
        guest.ended().thenRun(() -> Runtime.getRuntime().halt(0));
        listen(Path.of(vsock), this::fromHost);
        state = "Paused";
        fresh = true;
        loaded = true;
    }

    /** The guest's connection to host port 1, tried again as the real one does. */
    private void guest() {
        while (true) {
            try {
                guest.control(Duplex.connect(Path.of(vsock + "_1")));
            } catch (IOException e) {
                // Nobody listens there now; the host may come back.
                Thread.onSpinWait();
            }
            java.util.concurrent.locks.LockSupport.parkNanos(5_000_000);
        }
    }

    private void fromHost(Duplex pipe) {
        try {
            var first = new String(pipe.in().readNBytes(10), StandardCharsets.US_ASCII);
            var line = new StringBuilder(first);
            while (line.charAt(line.length() - 1) != '\n')
                line.append((char) pipe.in().read());
            if (deaf || fault.equals("deaf-vsock")) return;
            if (!line.toString().equals("CONNECT 10\n")) {
                pipe.close();
                return;
            }
            pipe.out()
                    .write((fault.equals("lying-vsock") ? "WHAT\n" : "OK 1073741824\n")
                            .getBytes(StandardCharsets.US_ASCII));
            guest.stream(pipe);
        } catch (IOException e) {
            return; // the host went away
        }
    }

    private void misbehave(Duplex pipe, String path) throws IOException {
        switch (fault.substring(0, fault.indexOf(':'))) {
            case "dies" -> fail("no luck at " + path, 4);
            case "refuses" -> respond(pipe, 400, "{\"fault_message\":\"no luck\\n\\u001b[31mtoday\"}");
            case "refuses-oddly" -> respond(pipe, 500, "no luck today");
            case "stalls" -> guest.ended().join();
            case "garbage" -> raw(pipe, "\0\1\2 what\r\n\r\n");
            case "half" -> {
                raw(pipe, "HTTP/1.1 204 No Con");
                pipe.close();
            }
            case "huge" -> {
                raw(pipe, "HTTP/1.1 400 Bad\r\nContent-Length: 10000000\r\n\r\n");
                pipe.out().write(new byte[10_000_000]);
            }
            case "endless-head" -> raw(pipe, "HTTP/1.1 204 " + "x".repeat(100_000));
            case "no-length" -> raw(pipe, "HTTP/1.1 400 Bad Request\r\n\r\n{}");
            case "hangs-up" -> pipe.close();
            default -> throw new IllegalArgumentException(fault);
        }
    }

    private static void raw(Duplex pipe, String text) throws IOException {
        pipe.out().write(text.getBytes(StandardCharsets.ISO_8859_1));
        pipe.out().flush();
    }

    private static void respond(Duplex pipe, int status, String body) throws IOException {
        var bytes = body.getBytes(StandardCharsets.UTF_8);
        var headers = status == 204
                ? Headers.of("Server", "Firecracker API", "Connection", "keep-alive")
                : Headers.of(
                        "Server",
                        "Firecracker API",
                        "Connection",
                        "keep-alive",
                        "Content-Type",
                        "application/json",
                        "Content-Length",
                        Integer.toString(bytes.length));
        Head.response(status, "Answer", headers).write(pipe.out());
        pipe.out().write(bytes);
        pipe.out().flush();
    }
}
