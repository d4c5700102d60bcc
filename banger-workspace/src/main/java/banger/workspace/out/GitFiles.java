package banger.workspace.out;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.workspace.GuestPath;
import banger.workspace.wire.Read;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What lies in a guest's work tree and its git directory, read by the agent: the image needs no git for that. Names are
 * bytes as text of ISO 8859-1, relative to the work tree.
 */
final class GitFiles {
    /** Bytes of names that one directory may have. */
    private static final int LONGEST_LIST = 64 << 20;

    private static final int DIRECTORY = 0040000;
    private static final int TYPE = 0170000;

    private final Guest guest;
    private final GuestPath path;

    GitFiles(Guest guest, Delivered delivered) {
        this.guest = guest;
        this.path = new GuestPath(delivered.record().guestPath());
    }

    /** Takes one file. */
    @FunctionalInterface
    interface Take {
        void file(String name, Read.File file) throws IOException;
    }

    /** Hands over each of these that is there, in this order: files, links and directories. */
    void each(List<String> names, Take take) {
        if (names.isEmpty()) return;
        try (var read = new Read(guest.converse("read", path))) {
            read.ask(names.stream().map(GitFiles::bytes).toList());
            for (var name : names) if (read.next(bytes(name)) instanceof Read.File file) take.file(name, file);
            read.end();
        } catch (IOException e) {
            throw new BangerException(
                            ErrorCode.GUEST_PROTOCOL, "vm " + guest.name() + ": its agent went away within a file")
                    .because(e);
        }
    }

    private static byte[] bytes(String name) {
        return name.getBytes(StandardCharsets.ISO_8859_1);
    }

    /**
     * A file's content; empty: there is none.
     *
     * @param longest bytes of it; one that is longer is refused
     */
    Optional<byte[]> content(String name, int longest) {
        var found = new ArrayList<byte[]>();
        each(List.of(name), (_, file) -> {
            var bytes = file.content().readNBytes(longest + 1);
            if (bytes.length > longest)
                throw new BangerException(
                        ErrorCode.WORKSPACE_REFUSED,
                        "vm " + guest.name() + ": " + Shown.of(bytes(name)) + " in it has more than " + longest
                                + " bytes");
            found.add(bytes);
        });
        return found.stream().findFirst();
    }

    /** The names in these directories, each with its directory before it; one that is not there has none. */
    List<String> names(List<String> directories) {
        var names = new ArrayList<String>();
        each(directories, (directory, file) -> {
            if ((file.mode() & TYPE) != DIRECTORY) return;
            var raw = file.content().readNBytes(LONGEST_LIST);
            for (int at = 0; at < raw.length; ) {
                int end = at + 1;
                while (end < raw.length && raw[end] != 0) end++;
                // The first byte says what it is.
                names.add(directory + "/"
                        + new String(Arrays.copyOfRange(raw, at + 1, end), StandardCharsets.ISO_8859_1));
                at = end + 1;
            }
        });
        return names;
    }
}
