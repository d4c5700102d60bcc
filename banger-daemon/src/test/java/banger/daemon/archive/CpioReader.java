package banger.daemon.archive;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** A second opinion on what {@link CpioWriter} writes; several archives in a row are read as one. */
public final class CpioReader {
    public record Member(int mode, int uid, int gid, long mtime, byte[] content) {
        public String text() {
            return new String(content, StandardCharsets.UTF_8);
        }
    }

    private CpioReader() {}

    public static Map<String, Member> read(byte[] archive) {
        var members = new LinkedHashMap<String, Member>();
        int at = 0;
        while (at < archive.length) {
            if (archive[at] == 0) {
                at++;
                continue;
            }
            var magic = new String(archive, at, 6, StandardCharsets.US_ASCII);
            if (!magic.equals("070701") || at % 4 != 0) throw new IllegalStateException("no header at " + at);
            int nameSize = (int) field(archive, at, 11);
            int size = (int) field(archive, at, 6);
            var name = new String(archive, at + 110, nameSize - 1, StandardCharsets.UTF_8);
            int content = aligned(at + 110 + nameSize);
            if (!name.equals("TRAILER!!!"))
                members.put(
                        name,
                        new Member(
                                (int) field(archive, at, 1),
                                (int) field(archive, at, 2),
                                (int) field(archive, at, 3),
                                field(archive, at, 5),
                                Arrays.copyOfRange(archive, content, content + size)));
            at = aligned(content + size);
        }
        return members;
    }

    private static long field(byte[] archive, int header, int index) {
        return Long.parseLong(new String(archive, header + 6 + index * 8, 8, StandardCharsets.US_ASCII), 16);
    }

    private static int aligned(int offset) {
        return (offset + 3) & ~3;
    }
}
