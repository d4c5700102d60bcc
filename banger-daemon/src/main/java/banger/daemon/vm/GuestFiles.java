package banger.daemon.vm;

import banger.api.BangerException;
import banger.api.ErrorCode;
import banger.api.Printable;
import banger.api.Size;
import banger.daemon.archive.CpioHeader;
import banger.daemon.archive.CpioWriter;
import banger.daemon.guest.Agent;
import banger.daemon.userfiles.UserFile;
import banger.daemon.userfiles.UserFiles;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * The user's files on their way into one guest: what is small goes with the configuration, large files follow before
 * the VM is called ready.
 */
final class GuestFiles {
    /** Of the 8 MiB that a configuration may have. */
    private static final long IN_CONFIGURATION = 6 * Size.MIB;

    private static final int MEMBER = 512;

    private final List<UserFile> first = new ArrayList<>();
    private final List<UserFile.HostFile> rest = new ArrayList<>();

    GuestFiles(List<UserFile> files) {
        long used = 0;
        for (var file : files) {
            if (file instanceof UserFile.HostFile f && used + f.size() + MEMBER > IN_CONFIGURATION) {
                rest.add(f);
                continue;
            }
            used += MEMBER + (file instanceof UserFile.HostFile f ? f.size() : 0);
            first.add(file);
        }
    }

    /** Whether git in the guest is told who the user is. */
    boolean identity() {
        return first.stream().anyMatch(f -> f.path().equals(UserFiles.GIT_IDENTITY));
    }

    void put(CpioWriter cpio) throws IOException {
        for (var file : first) {
            var header = CpioHeader.root("put/root/" + file.path(), file.permissions());
            switch (file) {
                case UserFile.Directory d -> cpio.directory(header);
                case UserFile.Text t -> cpio.file(header, t.text().getBytes(StandardCharsets.UTF_8));
                case UserFile.HostFile f -> cpio.file(header, content(f));
            }
        }
    }

    /** At most what the file was said to have: the archive's limit was reckoned with that. */
    private static byte[] content(UserFile.HostFile file) {
        try (var in = Files.newInputStream(file.source(), LinkOption.NOFOLLOW_LINKS)) {
            return in.readNBytes((int) file.size());
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    /** Sends what did not fit into the configuration. */
    void sendRest(Agent agent, Duration deadline) {
        if (!rest.isEmpty()) agent.putFiles("/root", this::tar, deadline);
    }

    private void tar(OutputStream out) throws IOException {
        var tar = new TarArchiveOutputStream(out, StandardCharsets.UTF_8.name());
        tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
        tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
        for (var file : rest) {
            var entry = new TarArchiveEntry(file.path());
            entry.setMode(file.permissions());
            try (var in = Files.newInputStream(file.source(), LinkOption.NOFOLLOW_LINKS)) {
                entry.setSize(Files.size(file.source()));
                tar.putArchiveEntry(entry);
                in.transferTo(tar);
                tar.closeArchiveEntry();
            } catch (java.nio.file.FileSystemException e) {
                throw unreadable(file, e);
            }
        }
        tar.finish();
        tar.flush();
    }

    private static BangerException unreadable(UserFile.HostFile file, IOException e) {
        return new BangerException(
                        ErrorCode.CONFIG_INVALID,
                        "file_sync: " + Printable.line(file.source() + ": " + e.getMessage()),
                        "make it readable, or take the entry out of config.toml")
                .because(e);
    }
}
