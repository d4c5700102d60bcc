package banger.daemon.engine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a confined VMM sees beside its VM's directory.
 *
 * @param program what is executed
 * @param name what it is called inside
 * @param files read-only, by the names that they have on the host; what is not there is left out
 */
public record Sight(Path program, Path name, List<Path> files, List<Path> devices) {
    private static final int SEGMENT_INTERPRETER = 3;

    private static final List<String> LIBRARIES = List.of(
            "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/etc/ld.so.conf");

    private static final List<String> INTERPRETERS = List.of("/usr", "/bin", "/lib", "/lib64", "/etc/ld.so.cache");

    public Sight {
        files = List.copyOf(files);
        devices = List.copyOf(devices);
    }

    /**
     * A program with what it needs to be executed: nothing else when it is static, the host's libraries when
     * it is not, and the host's programs when it is a script.
     *
     * @param program without symbolic links in its path
     */
    public static Sight of(Path program, List<Path> data, List<Path> devices) {
        var files = new ArrayList<Path>();
        var name = program;
        switch (kind(program)) {
            // It needs nothing by a name: where it lies on the host is nobody's business.
            case STATIC -> name = Path.of("/").resolve(program.getFileName());
            case DYNAMIC -> {
                LIBRARIES.forEach(l -> files.add(Path.of(l)));
                var prefix = program.resolve("../..").normalize();
                if (!prefix.startsWith("/usr") && prefix.getNameCount() > 0)
                    Stream.of("lib", "lib64").map(prefix::resolve).forEach(files::add);
            }
            case SCRIPT -> INTERPRETERS.forEach(i -> files.add(Path.of(i)));
        }
        files.addAll(data);
        return new Sight(program, name, files, devices);
    }

    private enum Kind {
        STATIC,
        DYNAMIC,
        SCRIPT
    }

    /** By the program's first page; one that cannot be read is left to the kernel to refuse. */
    private static Kind kind(Path program) {
        try (var channel = Files.newByteChannel(program, StandardOpenOption.READ)) {
            var head = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
            while (head.hasRemaining() && channel.read(head) >= 0)
                ; // until it is full or ends
            head.flip();
            if (head.limit() < 64 || head.getInt(0) != 0x464c457f) return Kind.SCRIPT;
            long at = head.getLong(32);
            int size = Short.toUnsignedInt(head.getShort(54));
            int count = Short.toUnsignedInt(head.getShort(56));
            for (int i = 0; i < count; i++) {
                long segment = at + (long) i * size;
                if (segment < 0 || segment + 4 > head.limit()) return Kind.DYNAMIC;
                if (head.getInt((int) segment) == SEGMENT_INTERPRETER) return Kind.DYNAMIC;
            }
            return Kind.STATIC;
        } catch (IOException e) {
            return Kind.DYNAMIC;
        }
    }
}
