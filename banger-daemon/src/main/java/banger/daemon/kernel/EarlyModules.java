package banger.daemon.kernel;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.archive.CpioHeader;
import banger.daemon.archive.CpioWriter;
import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * The part of the initrd that comes from the kernel: an archive with {@code modules/load} and the module
 * files it names, uncompressed. The guest program comes before it as an archive of its own; the kernel
 * unpacks one after the other.
 */
final class EarlyModules {
    /** No module that is needed to boot is larger. */
    private static final int MAX_MODULE = 64 << 20;

    private EarlyModules() {}

    /**
     * Writes the archive for the modules below {@code directory}.
     *
     * @param directory {@code …/lib/modules/RELEASE}, after depmod
     */
    static void write(Path directory, ModuleIndex index, Path archive) throws IOException {
        var load = new StringBuilder();
        var members = new LinkedHashMap<String, Path>();
        for (var group : ModuleGroup.ALL) {
            if (group.isMissing(index))
                throw new BangerException(
                        ErrorCode.KERNEL_INVALID,
                        "kernel: has no " + String.join(" or ", group.modules())
                                + ", neither built in nor as a module");
            for (var root : group.files(index))
                for (var file : index.loadOrder(root))
                    load.append(group.name())
                            .append(' ')
                            .append(member(members, directory, file))
                            .append('\n');
        }
        try (var cpio = new CpioWriter(new BufferedOutputStream(Files.newOutputStream(archive), 1 << 16))) {
            cpio.directory(CpioHeader.root("modules", 0755));
            cpio.file(CpioHeader.root("modules/load", 0644), load.toString().getBytes(StandardCharsets.US_ASCII));
            for (var member : members.entrySet())
                cpio.file(CpioHeader.root("modules/" + member.getKey(), 0644), content(member.getValue()));
        }
    }

    /** Module names are unique in a kernel, so a file's name without its directory is enough. */
    private static String member(Map<String, Path> members, Path directory, String file) {
        var base = file.substring(file.lastIndexOf('/') + 1);
        var name = base.substring(0, base.indexOf(".ko") + 3);
        members.putIfAbsent(name, directory.resolve(file));
        return name;
    }

    private static byte[] content(Path file) throws IOException {
        try (var in = open(file)) {
            var bytes = in.readNBytes(MAX_MODULE + 1);
            if (bytes.length > MAX_MODULE)
                throw new BangerException(ErrorCode.KERNEL_INVALID, "kernel module " + file + ": larger than 64 MiB");
            return ModuleSignature.without(bytes);
        }
    }

    private static InputStream open(Path file) throws IOException {
        var in = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
        var name = file.getFileName().toString();
        if (name.endsWith(".xz")) return new XZInputStream(in, 256 << 10);
        if (name.endsWith(".zst")) return new ZstdInputStream(in).setLongMax(27);
        if (name.endsWith(".gz")) return new GZIPInputStream(in, 1 << 16);
        return in;
    }
}
