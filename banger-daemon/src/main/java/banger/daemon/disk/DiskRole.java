package banger.daemon.disk;

/**
 * What a disk is for. Each has file systems of its own, so that the two of a VM do not share a label or
 * an identifier.
 */
public enum DiskRole {
    OVERLAY("banger-overlay"),
    WORK("banger-work");

    private final String label;

    DiskRole(String label) {
        this.label = label;
    }

    /** The file system's label, at most 16 bytes. */
    public String label() {
        return label;
    }
}
