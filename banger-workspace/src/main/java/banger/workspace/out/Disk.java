package banger.workspace.out;

import banger.api.BangerException;
import banger.api.ErrorCode;
import java.io.IOException;
import java.nio.file.Path;

/** What a disk says when it cannot. */
final class Disk {
    private Disk() {}

    static BangerException failed(Path file, IOException e) {
        var said = String.valueOf(e.getMessage());
        return said.contains("No space left")
                ? new BangerException(
                                ErrorCode.HOST_DISK_FULL, file + ": the disk is full", "make room, then the same again")
                        .because(e)
                : new BangerException(ErrorCode.HOST_TOOL_FAILED, file + ": " + said).because(e);
    }
}
