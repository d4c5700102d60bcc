/** What of the user goes into every guest: synced files and the git identity. */
@org.jspecify.annotations.NullMarked
package banger.daemon.userfiles;
