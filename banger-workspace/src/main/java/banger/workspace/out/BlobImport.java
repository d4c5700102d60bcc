package banger.workspace.out;

import banger.workspace.git.ObjectId;
import banger.workspace.git.Shadow;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Writes contents into a shadow repository as blobs, all of them in one run of git. Their ids are computed here, and
 * nobody's word for them counts.
 */
final class BlobImport {
    private static final int IN_MEMORY = 1 << 20;

    private final OutputStream git;
    private final Path directory;
    private final long longest;
    private int marks;

    private BlobImport(OutputStream git, Path directory, long longest) {
        this.git = git;
        this.directory = directory;
        this.longest = longest;
    }

    /** Adds blobs. */
    @FunctionalInterface
    interface Source {
        void to(BlobImport blobs) throws IOException;
    }

    /**
     * @param longest bytes that one blob may have
     * @return each blob's id by the number that {@link #add} gave
     */
    static Map<Integer, ObjectId> run(Shadow shadow, long longest, Source source) {
        var marks = shadow.gitDir().resolve("marks-" + java.util.UUID.randomUUID());
        try {
            shadow.git()
                    .need(
                            out -> {
                                var blobs = new BlobImport(out, shadow.gitDir(), longest);
                                source.to(blobs);
                                out.write("done\n".getBytes(StandardCharsets.US_ASCII));
                            },
                            "fast-import",
                            "--quiet",
                            "--done",
                            "--depth=0",
                            "--export-marks=" + marks);
            var ids = new HashMap<Integer, ObjectId>();
            if (Files.exists(marks))
                for (var line : Files.readAllLines(marks))
                    ids.put(
                            Integer.parseInt(line.substring(1, line.indexOf(' '))),
                            new ObjectId(line.substring(line.indexOf(' ') + 1)));
            return ids;
        } catch (IOException e) {
            throw Disk.failed(marks, e);
        } finally {
            try {
                Files.deleteIfExists(marks);
            } catch (IOException e) {
                throw Disk.failed(marks, e);
            }
        }
    }

    /**
     * Adds all that comes.
     *
     * @return its number; empty when it is longer than what is allowed, all of it is read then too
     */
    OptionalInt add(InputStream content) throws IOException {
        var start = content.readNBytes(IN_MEMORY);
        int next = content.read();
        if (next < 0) {
            if (start.length > longest) return OptionalInt.empty();
            begin(start.length);
            git.write(start);
            return ended();
        }
        var spool = Files.createTempFile(directory, "blob-", "");
        try {
            if (!spool(start, next, content, spool)) return OptionalInt.empty();
            begin(Files.size(spool));
            Files.copy(spool, git);
            return ended();
        } finally {
            Files.delete(spool);
        }
    }

    private boolean spool(byte[] start, int next, InputStream content, Path file) throws IOException {
        long length = start.length + 1L;
        try (var out = Files.newOutputStream(file, StandardOpenOption.WRITE)) {
            out.write(start);
            out.write(next);
            var buffer = new byte[1 << 16];
            for (int n; (n = content.read(buffer)) >= 0; ) {
                length += n;
                if (length <= longest) out.write(buffer, 0, n);
            }
        }
        return length <= longest;
    }

    private void begin(long length) throws IOException {
        marks++;
        git.write(("blob\nmark :" + marks + "\ndata " + length + "\n").getBytes(StandardCharsets.US_ASCII));
    }

    private OptionalInt ended() throws IOException {
        git.write('\n');
        return OptionalInt.of(marks);
    }
}
