package banger.daemon.kernel;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.daemon.process.Command;
import banger.daemon.process.CommandRunner;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes the drive that is mounted on {@code /lib/modules}: an ext4 image with {@code /RELEASE/…}, no
 * journal, hardly any free space. The same tree gives the same bytes on every host and for every user:
 * names sorted, all owned by root, fixed times and identifiers. For that the files are written by
 * debugfs one after the other; {@code mke2fs -d} takes order, owners and change times from the host.
 */
final class ModulesImage {
    /** Every time in the image: the same as of everything else that is made reproducibly here. */
    private static final String TIME = "1767225600";

    private static final String ID = "62616e67-6572-4d6f-8475-6c6573202020";
    private static final int BLOCK = 4096;
    private static final int INODE = 256;
    private static final long MAX_BYTES = 4L << 30;
    private static final int MAX_FILES = 100_000;

    private ModulesImage() {}

    private record Tree(List<Path> directories, List<Path> files, long blocks) {}

    /** @param directory becomes {@code /RELEASE} of the image, RELEASE being its name */
    static void write(Path directory, Path image, CommandRunner runner) throws IOException {
        var tree = scan(directory);
        long inodes = tree.files().size() + tree.directories().size() + 16;
        // Group descriptors, bitmaps, lost+found and index blocks are small beside 3 % and 1 MiB.
        long blocks = tree.blocks() + inodes * INODE / BLOCK;
        blocks += blocks * 3 / 100 + (1 << 20) / BLOCK;
        run(
                runner,
                Command.of(
                                "mke2fs",
                                "-q",
                                "-F",
                                "-t",
                                "ext4",
                                "-b",
                                "" + BLOCK,
                                "-I",
                                "" + INODE,
                                "-m",
                                "0",
                                "-N",
                                "" + inodes,
                                "-O",
                                "^has_journal,^resize_inode",
                                "-L",
                                "banger-modules",
                                "-U",
                                ID,
                                "-E",
                                "hash_seed=" + ID + ",nodiscard,root_owner=0:0",
                                image.toString(),
                                "" + blocks)
                        .with("E2FSPROGS_FAKE_TIME", TIME)
                        .within(Duration.ofMinutes(1)));
        var filled = run(
                runner,
                Command.of("debugfs", "-w", "-f", "-", image.toString())
                        .input(script(directory, tree).getBytes(StandardCharsets.UTF_8))
                        .with("E2FSPROGS_FAKE_TIME", TIME)
                        .within(Duration.ofMinutes(5)));
        // debugfs ends with 0 whatever happened; it says its name and version, then only failures.
        var complaint = filled.lines().filter(l -> !l.startsWith("debugfs ")).findFirst();
        if (complaint.isPresent())
            throw new BangerException(
                    ErrorCode.KERNEL_INVALID, "kernel modules: cannot be put in an image: " + complaint.get());
    }

    private static Tree scan(Path directory) throws IOException {
        var directories = new ArrayList<Path>();
        var files = new ArrayList<Path>();
        long blocks = 0;
        try (var walk = Files.walk(directory)) {
            for (var path : (Iterable<Path>) walk.sorted()::iterator) {
                if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
                        && !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) continue;
                checkName(path.getFileName().toString());
                if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
                    directories.add(path);
                    blocks += 1;
                } else {
                    files.add(path);
                    blocks += (Files.size(path) + BLOCK - 1) / BLOCK;
                }
                if (files.size() + directories.size() > MAX_FILES || blocks > MAX_BYTES / BLOCK)
                    throw new BangerException(
                            ErrorCode.KERNEL_INVALID,
                            "kernel modules " + directory + ": more than 100000 files or 4 GiB");
            }
        }
        return new Tree(directories, files, blocks);
    }

    /** debugfs reads commands, so a name is only let through when it can be nothing but a name. */
    private static void checkName(String name) {
        if (!name.matches("[A-Za-z0-9_+.,@][A-Za-z0-9_+.,@-]{0,200}") || name.equals("..") || name.equals("."))
            throw new BangerException(ErrorCode.KERNEL_INVALID, "kernel modules: file name " + name);
    }

    private static String script(Path directory, Tree tree) {
        var script = new StringBuilder();
        for (var path : tree.directories())
            script.append("mkdir ").append(inside(directory, path)).append('\n');
        for (var path : tree.files()) {
            var target = inside(directory, path);
            script.append("write \"").append(path).append("\" ").append(target).append('\n');
            script.append("set_inode_field ").append(target).append(" mode 0100644\n");
            script.append("set_inode_field ").append(target).append(" uid 0\n");
            script.append("set_inode_field ").append(target).append(" gid 0\n");
        }
        return script.toString();
    }

    private static String inside(Path directory, Path path) {
        var top = "/" + directory.getFileName();
        return path.equals(directory) ? top : top + "/" + directory.relativize(path);
    }

    private static String run(CommandRunner runner, Command command) {
        var result = runner.run(command);
        if (!result.ok())
            throw new BangerException(
                    ErrorCode.KERNEL_INVALID, "kernel modules: " + command.program() + ": " + result.reason());
        return result.err();
    }
}
