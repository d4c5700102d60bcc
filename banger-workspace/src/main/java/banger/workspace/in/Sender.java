package banger.workspace.in;

import banger.workspace.FileStat;
import banger.workspace.ObjectFormat;
import banger.workspace.RepoPath;
import banger.workspace.git.ObjectId;
import banger.workspace.wire.Prepare;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Sends wanted files, and keeps in the shadow what no repository of the host's holds. */
final class Sender {
    /** Read whole before it is sent, so that a change meanwhile is found before the guest has half of each. */
    private static final int WHOLE = 8 << 20;

    private final Prepare conversation;
    private final Contents contents;
    private final ObjectFormat format;
    private final Blobs blobs;
    private final Set<ObjectId> held;
    private final boolean believeModes;
    private final List<RepoPath> unsteady = new ArrayList<>();
    private byte[] whole = new byte[1 << 16];

    /** @param held blobs that the shadow has in its pack */
    Sender(
            Prepare conversation,
            Contents contents,
            ObjectFormat format,
            Blobs blobs,
            Set<ObjectId> held,
            boolean believeModes) {
        this.conversation = conversation;
        this.contents = contents;
        this.format = format;
        this.blobs = blobs;
        this.held = held;
        this.believeModes = believeModes;
    }

    /** What was sent of a file. */
    record Sent(FileStat stat, int mode, ObjectId id) {}

    /** Files that changed while they were read, twice: what the guest has of them may be of no one moment. */
    List<RepoPath> unsteady() {
        return unsteady;
    }

    /** Empty: it vanished, the guest was told. */
    Optional<Sent> send(int index, Listed file) {
        try {
            return file.size() <= WHOLE ? small(index, file) : large(index, file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private int mode(Listed file, FileStat now) {
        if (now.mode() == file.stat().mode() || !believeModes && now.isRegular()) return file.mode();
        return now.mode();
    }

    private Optional<Sent> small(int index, Listed file) throws IOException {
        var first = readWhole(file);
        var got = first.isPresent() && !first.get().got.steady() ? readWhole(file) : first;
        if (got.isEmpty()) {
            conversation.skip(index);
            return Optional.empty();
        }
        if (!got.get().got.steady()) unsteady.add(file.path());
        int size = got.get().size;
        var stat = got.get().got.stat();
        var id = id(size);
        int mode = mode(file, stat);
        conversation.file(index, mode, size, stat.mtime());
        for (int at = 0; at < size; at += WorkTree.CHUNK) {
            int n = Math.min(WorkTree.CHUNK, size - at);
            conversation.data(at == 0 ? whole : Arrays.copyOfRange(whole, at, at + n), n);
        }
        conversation.filed(id.hex());
        if (!held.contains(id)) blobs.store(id, size, out -> out.write(whole, 0, size));
        return Optional.of(new Sent(stat, mode, id));
    }

    private record Whole(Contents.Got got, int size) {}

    private Optional<Whole> readWhole(Listed file) throws IOException {
        var size = new int[1];
        return contents.read(file, stat -> size[0] = 0, (bytes, n) -> {
                    if (size[0] + n > whole.length) grow(size[0] + n);
                    System.arraycopy(bytes, 0, whole, size[0], n);
                    size[0] += n;
                })
                .map(got -> new Whole(got, size[0]));
    }

    private void grow(int least) throws IOException {
        // It was listed as small and grows while it is read: not without end.
        if (least > 8 * WHOLE) throw new IOException("a file that grew past 64 MiB while it was read");
        whole = Arrays.copyOf(whole, Math.max(least, whole.length * 2));
    }

    private ObjectId id(int size) {
        var digest = format.digest();
        digest.update(Blobs.header(size));
        digest.update(whole, 0, size);
        return ObjectId.of(digest.digest());
    }

    /** Sent as it is read: its size is not to be had in memory, so the length git hashes first is what stat said. */
    private Optional<Sent> large(int index, Listed file) throws IOException {
        var digest = new Digest(format.digest());
        var sent = contents.read(
                file,
                stat -> {
                    conversation.file(index, mode(file, stat), stat.size(), stat.mtime());
                    digest.begin(stat.size());
                },
                (bytes, n) -> {
                    int within = digest.take(bytes, n);
                    if (within > 0) conversation.data(bytes, within);
                });
        if (sent.isEmpty()) {
            conversation.skip(index);
            return Optional.empty();
        }
        var stat = sent.get().stat();
        if (digest.missing > 0 || !sent.get().steady()) unsteady.add(file.path());
        // A file that shrank is filled up with zeros: git's length is hashed by now.
        var zeros = new byte[WorkTree.CHUNK];
        while (digest.missing > 0) conversation.data(zeros, digest.take(zeros, zeros.length));
        var id = digest.id();
        conversation.filed(id.hex());
        if (!held.contains(id)) store(file, id, stat.size());
        return Optional.of(new Sent(stat, mode(file, stat), id));
    }

    /** Reads it once more: that it must be kept was not known before it was hashed. */
    private void store(Listed file, ObjectId id, long size) throws IOException {
        var digest = new Digest(format.digest());
        blobs.store(id, size, out -> {
            digest.begin(size);
            contents.read(file, stat -> {}, (bytes, n) -> out.write(bytes, 0, digest.take(bytes, n)));
            if (digest.missing > 0 || !digest.id().equals(id))
                throw new IOException(file.path() + " changes all the time; prepare again when it is done");
        });
    }

    /** A blob's hash over as many bytes as were announced. */
    private static final class Digest {
        private final MessageDigest digest;
        private long missing;

        Digest(MessageDigest digest) {
            this.digest = digest;
        }

        void begin(long size) {
            digest.update(Blobs.header(size));
            missing = size;
        }

        /** How many of them count. */
        int take(byte[] bytes, int n) {
            int within = (int) Math.min(n, missing);
            digest.update(bytes, 0, within);
            missing -= within;
            return within;
        }

        ObjectId id() {
            return ObjectId.of(digest.digest());
        }
    }

    /** The id of a file that is not sent. */
    Optional<ObjectId> hash(Listed file) {
        var digest = new Digest(format.digest());
        try {
            return contents.read(file, stat -> digest.begin(stat.size()), (bytes, n) -> digest.take(bytes, n))
                    .filter(got -> got.steady() && digest.missing == 0)
                    .map(got -> digest.id());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
