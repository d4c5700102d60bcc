package banger.daemon.userfiles;

import banger.daemon.config.FileSync;
import banger.daemon.process.CommandRunner;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** What of the user every guest gets at its start. */
public final class UserFiles {
    /** Read by the guest's git through the line {@link #GIT_INCLUDE}: what the guest says itself is not touched. */
    public static final String GIT_IDENTITY = ".config/git/banger-identity";

    /** One line, so that it can be added to whatever {@code ~/.gitconfig} a guest has. */
    public static final String GIT_INCLUDE = "[include] path = ~/" + GIT_IDENTITY;

    private final Path home;
    private final List<FileSync> entries;
    private final GitIdentity identity;

    /** @param home the owner's */
    public UserFiles(Path home, List<FileSync> entries, CommandRunner commands) {
        this.home = home;
        this.entries = entries;
        this.identity = new GitIdentity(home, commands);
    }

    /**
     * @param warnings told what was left out
     * @return a directory before what is in it
     * @throws banger.api.BangerException when something named cannot be had, or may not
     */
    public List<UserFile> find(Consumer<String> warnings) {
        var files = new ArrayList<>(SyncedFiles.find(home, entries, warnings));
        // Somebody who syncs the whole of it has the identity with it.
        if (files.stream().noneMatch(f -> f.path().equals(".gitconfig")))
            identity.text().ifPresent(text -> files.add(new UserFile.Text(GIT_IDENTITY, 0644, text)));
        return files;
    }
}
