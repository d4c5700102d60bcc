package banger.daemon.publish;

/** What happens to a thing of that name that is here already. */
public enum Existing {
    KEEP,
    REPLACE
}
