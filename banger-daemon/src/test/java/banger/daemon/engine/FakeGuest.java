package banger.daemon.engine;

import banger.api.http.Duplex;
import banger.api.http.Head;
import banger.api.http.Headers;
import banger.daemon.disk.DiskChains;
import banger.daemon.guest.Control;
import banger.daemon.guest.GuestChannel;
import banger.daemon.guest.Sleep;
import banger.daemon.guest.Wire;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/** A VMM and its guest in memory: the guest's side of docs/protocol.md, as far as the daemon asks. */
public final class FakeGuest {
    /** At the beginning of the overlay of a machine that became a template. */
    public static final String WRITTEN = "written by the template";

    private volatile long clock;
    private final String name;
    private final FakeHypervisor.Boot plan;
    private final CompletableFuture<MachineExit> exit = new CompletableFuture<>();
    private final ConcurrentLinkedQueue<Duplex> connections = new ConcurrentLinkedQueue<>();
    private volatile Duplex control;
    private volatile String state = "boot";
    private volatile boolean deaf;
    private volatile boolean failing;
    private final AtomicInteger configurations = new AtomicInteger();
    private final boolean stubborn;
    private final FakeDisks disks = new FakeDisks();
    private volatile Runnable starved = () -> {};
    private volatile long generation;
    private volatile String before = "boot";
    /** Not done: its vCPUs are stopped. */
    private volatile CompletableFuture<Void> running = CompletableFuture.completedFuture(null);

    private volatile CompletableFuture<Void> syncGate = CompletableFuture.completedFuture(null);

    private volatile CompletableFuture<Void> copyGate = CompletableFuture.completedFuture(null);

    public FakeGuest(String name, FakeHypervisor.Boot plan) {
        this.name = name;
        this.plan = plan;
        this.stubborn = plan == FakeHypervisor.Boot.STUBBORN;
        this.deaf = plan == FakeHypervisor.Boot.DEAF;
    }

    String name() {
        return name;
    }

    public boolean alive() {
        return !exit.isDone();
    }

    /** From now on nothing is answered. */
    public void hang() {
        deaf = true;
    }

    /** The host has no room for what it writes: it stands still, and who listens is told. */
    public void starve() {
        pause();
        starved.run();
    }

    void has(Optional<DiskChains> chains) {
        disks.has(chains);
    }

    /** The files that it writes to. */
    public FakeDisks disks() {
        return disks;
    }

    /** How often it was configured since it came up. */
    public int configurations() {
        return configurations.get();
    }

    /** The next freeze goes wrong. */
    public void fails() {
        failing = true;
    }

    /** A sync under way is answered when this completes. */
    public void syncsWhen(CompletableFuture<Void> gate) {
        syncGate = gate;
    }

    /** The part of a save that is written while it runs is done when this completes. */
    public void copiesWhen(CompletableFuture<Void> gate) {
        copyGate = gate;
    }

    /** The VMM ends. */
    public void end(MachineExit.Cause cause, String detail) {
        if (!exit.complete(new MachineExit(cause, detail))) return;
        running.complete(null);
        connections.forEach(FakeGuest::close);
    }

    /** Every connection breaks; it makes new ones. */
    public void disconnect() {
        connections.forEach(FakeGuest::close);
        connections.clear();
    }

    /** A line on control. */
    public void say(String line) {
        try {
            control.out().write((line + "\n").getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            return; // nobody listens: as with a port that no host has open
        }
    }

    /** The time that it was told last, in nanoseconds since 1970; 0: it never was. */
    public long clock() {
        return clock;
    }

    /** Completes when the machine ended. */
    public CompletableFuture<MachineExit> ended() {
        return exit;
    }

    /** Its side of a control pipe, until the host goes away. */
    public void control(Duplex pipe) {
        control = pipe;
        connections.add(pipe);
        converse(pipe);
    }

    /** Its side of one stream. */
    public void stream(Duplex pipe) {
        connections.add(pipe);
        answer(pipe);
    }

    /** @param memory where a save leaves it, in the directory */
    Machine attach(MachineRef ref, Control.Listener listener, Path directory, Memory memory) {
        var wire = new Wire();
        control = wire.guest();
        connections.add(wire.guest());
        connections.add(wire.host());
        Thread.ofVirtual().name("fake-control").start(() -> converse(wire.guest()));
        try {
            return new Attached(ref, Control.begin(wire.host(), listener), directory, memory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void converse(Duplex pipe) {
        try {
            var line = new StringBuilder();
            for (int b; (b = pipe.in().read()) >= 0; ) {
                if (b != '\n') {
                    line.append((char) b);
                    continue;
                }
                var words = line.toString().split(" ");
                line.setLength(0);
                running.join();
                if (!deaf) heard(words);
            }
        } catch (IOException e) {
            return; // the host went away
        }
    }

    private void heard(String[] words) {
        switch (words[0]) {
            case "\0host" -> greeted(words[1]);
            case "prepare-save" -> {
                before = state;
                state = "quiesced";
                say("quiesced " + words[1]);
            }
            case "freeze" -> {
                if (failing) {
                    failing = false;
                    say("failed disk on fire");
                    return;
                }
                state = "frozen";
                say("frozen " + words[1]);
            }
            case "resumed" -> {
                generation = Long.parseLong(words[1]);
                clock = Long.parseLong(words[3]);
                // As another machine it waits for a configuration of its own, whatever it was before.
                if (asleep()) state = words[2].equals("rekey") ? "boot" : before;
                say("state " + state + " " + generation);
            }
            default -> {} // as the guest: what it does not know it ignores
        }
    }

    private boolean asleep() {
        return state.equals("quiesced") || state.equals("frozen");
    }

    /** Its vCPUs stop. */
    public void pause() {
        if (running.isDone()) running = new CompletableFuture<>();
    }

    public void unpause() {
        running.complete(null);
    }

    /** What a saved state holds of it. */
    public String saved() {
        return "fake guest " + state + " " + before + " " + generation;
    }

    /** A stopped guest as it was saved. */
    public static FakeGuest restored(String name, String saved) throws IOException {
        return restored(name, saved, FakeHypervisor.Boot.READY);
    }

    static FakeGuest restored(String name, String saved, FakeHypervisor.Boot plan) throws IOException {
        var words = saved.split(" ");
        if (words.length != 5 || !saved.startsWith("fake guest ")) throw new IOException("not a saved state");
        var guest = new FakeGuest(name, plan);
        guest.state = words[2];
        guest.before = words[3];
        guest.generation = Long.parseLong(words[4]);
        guest.pause();
        return guest;
    }

    private void greeted(String nonce) {
        if (plan == FakeHypervisor.Boot.SILENT && state.equals("boot")) return;
        say("\0hello " + nonce + " 1 abc agent " + state + " " + generation);
        if (!state.equals("boot")) return;
        if (plan == FakeHypervisor.Boot.DIES) end(MachineExit.Cause.FAILED, "status 1: out of paper");
        if (plan == FakeHypervisor.Boot.FAILS) say("failed vdb: no file system");
    }

    private void answer(Duplex stream) {
        try (stream) {
            if (asleep()) return;
            running.join();
            var asked = Head.read(stream.in());
            if (asked.isEmpty()) return;
            running.join();
            var request = asked.get();
            var body = request.body(stream.in()).readAllBytes();
            if (deaf || plan == FakeHypervisor.Boot.FAILS) {
                stream.in().read(); // until the host gives up
                return;
            }
            var path = request.second().split("\\?");
            switch (path[0]) {
                case "/healthz" -> respond(stream, "state=" + state + "\nsshd=1\n");
                case "/seed", "/settle", "/quit", "/shrink" -> {
                    if (state.equals("ready")) respond(stream, "");
                    else refuse(stream);
                }
                case "/configure" -> {
                    if (stubborn) {
                        refuse(stream);
                        return;
                    }
                    respond(stream, "");
                    configurations.incrementAndGet();
                    state = "ready";
                    say("ready");
                }
                case "/sync" -> {
                    say("dirty 4");
                    syncGate.join();
                    respond(stream, "");
                }
                case "/power" -> {
                    respond(stream, "");
                    boolean off = path[1].endsWith("poweroff");
                    say("power " + (off ? "poweroff" : "reboot"));
                    end(off ? MachineExit.Cause.POWEROFF : MachineExit.Cause.RESET, "status 0");
                }
                case "/exec" -> exec(stream, words(body));
                default -> refuse(stream);
            }
        } catch (IOException e) {
            return; // the host went away
        }
    }

    private static void respond(Duplex stream, String text) throws IOException {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        Head.response(200, "OK", Headers.of("Content-Length", Integer.toString(bytes.length)))
                .write(stream.out());
        stream.out().write(bytes);
    }

    private static void refuse(Duplex stream) throws IOException {
        Head.response(404, "No", Headers.of("Content-Length", "7")).write(stream.out());
        stream.out().write("nothing".getBytes(StandardCharsets.US_ASCII));
    }

    private static List<String> words(byte[] description) {
        var words = new ArrayList<String>();
        for (var line : new String(description, StandardCharsets.US_ASCII).split("\n"))
            if (line.startsWith("arg="))
                words.add(new String(Base64.getDecoder().decode(line.substring(4)), StandardCharsets.UTF_8));
        return words;
    }

    /** {@code cat}: its input comes back; {@code exit N}; {@code hang}: until the host goes away. */
    private static void exec(Duplex stream, List<String> words) throws IOException {
        Head.response(101, "Switching Protocols", Headers.NONE).write(stream.out());
        var in = new DataInputStream(stream.in());
        int status = words.getFirst().equals("exit") ? Integer.parseInt(words.get(1)) : 0;
        while (!words.getFirst().equals("exit")) {
            int type = in.readUnsignedByte();
            var payload = new byte[in.readUnsignedByte() << 16 | in.readUnsignedShort()];
            in.readFully(payload);
            if (type != 0 || words.getFirst().equals("hang")) continue;
            if (payload.length == 0) break;
            frame(stream, 1, payload);
        }
        frame(stream, 5, new byte[] {(byte) status});
    }

    private static void frame(Duplex stream, int type, byte[] payload) throws IOException {
        stream.out().write(new byte[] {(byte) type, 0, (byte) (payload.length >> 8), (byte) payload.length});
        stream.out().write(payload);
    }

    private static void close(Duplex connection) {
        try {
            connection.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One daemon's hold on it. */
    private final class Attached implements Machine, GuestChannel {
        private final MachineRef ref;
        private final Control conversation;
        private final Path directory;
        private final Memory memory;
        private final CompletableFuture<MachineExit> seen = new CompletableFuture<>();
        private volatile boolean released;

        Attached(MachineRef ref, Control conversation, Path directory, Memory memory) {
            this.ref = ref;
            this.directory = directory;
            this.memory = memory;
            this.conversation = conversation;
            exit.thenAccept(e -> {
                if (!released) seen.complete(e);
            });
        }

        @Override
        public MachineRef ref() {
            return ref;
        }

        @Override
        public Control control() {
            return conversation;
        }

        @Override
        public GuestChannel streams() {
            return this;
        }

        @Override
        public void pause() {
            FakeGuest.this.pause();
        }

        @Override
        public void unpause() {
            FakeGuest.this.unpause();
        }

        @Override
        public void whenStarved(Runnable listener) {
            starved = listener;
        }

        @Override
        public void save(Path directory) throws IOException {
            pause();
            Files.writeString(directory.resolve("state"), saved());
            // As a guest of a template does, it has written to its disk; one that was only loaded has not.
            if (memory instanceof Memory.Recorded
                    && !ref.boot().equals("resumed")
                    && Files.exists(this.directory.resolve("vdb")))
                try (var disk = FileChannel.open(this.directory.resolve("vdb"), StandardOpenOption.WRITE)) {
                    disk.write(ByteBuffer.wrap(WRITTEN.getBytes(StandardCharsets.US_ASCII)), 0);
                }
            if (memory instanceof Memory.Recorded) Files.writeString(directory.resolve("memory"), "memory of " + name);
        }

        @Override
        public Saving saveLive(Path directory, BooleanSupplier cancelled) throws IOException {
            var state = Files.writeString(directory.resolve("state"), "not all of it");
            while (!copyGate.isDone() && alive() && !cancelled.getAsBoolean()) Thread.onSpinWait();
            if (!alive() || cancelled.getAsBoolean() || copyGate.isCompletedExceptionally()) {
                Files.delete(state);
                throw new IOException(copyGate.isCompletedExceptionally() ? "No space left on device" : "it ended");
            }
            return new Saving() {
                private boolean done;

                @Override
                public void finish() throws IOException {
                    save(directory);
                    done = true;
                }

                @Override
                public void close() {
                    if (!done && !state.toFile().delete()) throw new IllegalStateException("it is not there");
                }
            };
        }

        @Override
        public void stack(DiskChains wanted) throws IOException {
            disks.stack(wanted, directory, !running.isDone());
        }

        @Override
        public void flatten(DiskChains chains) {
            disks.flatten();
        }

        @Override
        public Set<String> flattened(DiskChains chains) {
            return disks.flattened();
        }

        @Override
        public boolean stacked(DiskChains wanted) throws IOException {
            return disks.stacked(wanted);
        }

        @Override
        public void wake(Sleep.Kind kind) throws IOException {
            unpause();
            Sleep.wake(conversation, kind);
        }

        @Override
        public Duplex open() throws IOException {
            if (!alive()) throw new IOException("it ended");
            var wire = new Wire();
            connections.add(wire.guest());
            Thread.ofVirtual().name("fake-stream").start(() -> answer(wire.guest()));
            return wire.host();
        }

        @Override
        public CompletableFuture<MachineExit> exit() {
            return seen;
        }

        @Override
        public void kill() {
            end(MachineExit.Cause.KILLED, "signal 9");
        }

        @Override
        public void release() {
            released = true;
            conversation.close();
        }

        @Override
        public void close() {
            conversation.close();
        }
    }
}
