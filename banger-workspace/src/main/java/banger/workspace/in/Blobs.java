package banger.workspace.in;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.workspace.git.ObjectId;
import banger.workspace.git.Shadow;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/** Writes what no repository of the host's holds into the shadow, as loose objects. */
final class Blobs {
    private final Shadow shadow;

    Blobs(Shadow shadow) {
        this.shadow = shadow;
    }

    /** What git hashes before a blob's content. */
    static byte[] header(long size) {
        return ("blob " + size + "\0").getBytes(StandardCharsets.US_ASCII);
    }

    /** Writes the content of one blob. */
    @FunctionalInterface
    interface Content {
        void to(OutputStream out) throws IOException;
    }

    /** Stores a blob unless it is there. */
    void store(ObjectId id, long size, Content content) {
        var file = shadow.gitDir()
                .resolve("objects")
                .resolve(id.hex().substring(0, 2))
                .resolve(id.hex().substring(2));
        if (Files.exists(file)) return;
        Path temporary = file.resolveSibling("tmp_obj_" + id.hex());
        var deflater = new Deflater(1);
        try {
            Files.createDirectories(file.getParent());
            try (var out = new DeflaterOutputStream(Files.newOutputStream(temporary), deflater, 1 << 16)) {
                out.write(header(size));
                content.to(out);
            }
            Files.move(temporary, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new BangerException(ErrorCode.HOST_DISK_FULL, file + ": " + e.getMessage()).because(e);
        } finally {
            deflater.end();
        }
    }
}
