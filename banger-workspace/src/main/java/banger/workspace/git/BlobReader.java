package banger.workspace.git;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.process.ProgramRun.Take;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Reads blobs one by one, all of them with one run of git, which begins with the first: a run for each would cost more
 * than what it reads. Used by one thread.
 */
public final class BlobReader implements AutoCloseable {
    private static final Duration LONGEST = Duration.ofHours(1);
    private static final int HEADER = 200;

    private final Git git;
    private final LinkedBlockingQueue<Optional<ObjectId>> names = new LinkedBlockingQueue<>();
    private final LinkedBlockingQueue<Optional<Ask<?>>> asks = new LinkedBlockingQueue<>();
    private Optional<CompletableFuture<Boolean>> run = Optional.empty();

    public BlobReader(Git git) {
        this.git = git.within(LONGEST);
    }

    /** Makes something of a blob; what it leaves unread is skipped. */
    @FunctionalInterface
    public interface Use<T> {
        T of(long size, InputStream content) throws IOException;
    }

    private record Ask<T>(ObjectId id, Use<T> use, CompletableFuture<T> answer) {
        void answer(InputStream in) throws IOException {
            var words = header(in).split(" ");
            if (words.length != 3 || !words[1].equals("blob"))
                throw new BangerException(
                        ErrorCode.HOST_TOOL_FAILED, "git cat-file: " + id + ": no such blob in the repository");
            long size = Long.parseLong(words[2]);
            var content = new Part(in, size);
            answer.complete(use.of(size, content));
            content.skipNBytes(content.left);
            if (in.read() != '\n') throw new IOException("a blob of another size than was told");
        }

        private static String header(InputStream in) throws IOException {
            var line = new byte[HEADER];
            for (int n = 0; n < HEADER; n++) {
                int c = in.read();
                if (c < 0) throw new IOException("it ended early");
                if (c == '\n') return new String(line, 0, n, StandardCharsets.US_ASCII);
                line[n] = (byte) c;
            }
            throw new IOException("a line of more than " + HEADER + " bytes");
        }
    }

    /** So many bytes of a stream. */
    private static final class Part extends InputStream {
        private final InputStream in;
        private long left;

        Part(InputStream in, long size) {
            this.in = in;
            this.left = size;
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] b, int off, int len) throws IOException {
            if (len == 0) return 0;
            if (left == 0) return -1;
            int n = in.read(b, off, (int) Math.min(len, left));
            if (n < 0) throw new IOException("it ended within a blob");
            left -= n;
            return n;
        }
    }

    /** @throws BangerException {@code host.tool-failed}: there is no such blob, or git cannot read it */
    public <T> T read(ObjectId blob, Use<T> use) {
        var running = run.orElseGet(this::start);
        var ask = new Ask<>(blob, use, new CompletableFuture<T>());
        names.add(Optional.of(blob));
        asks.add(Optional.of(ask));
        running.whenComplete((_, e) -> ask.answer.completeExceptionally(e == null ? new IOException("it ended") : e));
        try {
            return ask.answer.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException told) throw told;
            throw e;
        }
    }

    private CompletableFuture<Boolean> start() {
        var ended = new CompletableFuture<Boolean>();
        Thread.ofVirtual().name("blobs").start(() -> {
            try {
                ended.complete(git.pipe(
                        out -> {
                            for (var name = next(names); name.isPresent(); name = next(names)) {
                                out.write((name.get().hex() + "\n").getBytes(StandardCharsets.US_ASCII));
                                out.flush();
                            }
                        },
                        answers(),
                        "cat-file",
                        "--batch"));
            } catch (RuntimeException e) {
                ended.completeExceptionally(e);
            }
        });
        run = Optional.of(ended);
        return ended;
    }

    private Take<Boolean> answers() {
        return raw -> {
            var in = new BufferedInputStream(raw, 1 << 16);
            for (var ask = next(asks); ask.isPresent(); ask = next(asks))
                ask.get().answer(in);
            return true;
        };
    }

    private static <T> Optional<T> next(LinkedBlockingQueue<Optional<T>> queue) throws IOException {
        try {
            return queue.take();
        } catch (InterruptedException e) {
            throw new IOException("interrupted", e);
        }
    }

    /** Ends git; its end is waited for, so that nothing reads the repository any more. */
    @Override
    public void close() {
        if (run.isEmpty()) return;
        names.add(Optional.empty());
        asks.add(Optional.empty());
        run.get().exceptionally(e -> false).join();
    }
}
