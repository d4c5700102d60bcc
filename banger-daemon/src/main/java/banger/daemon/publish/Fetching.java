package banger.daemon.publish;

/** Whether what is missing may be fetched. */
public enum Fetching {
    ALLOWED,
    /** {@code --offline}. */
    FORBIDDEN
}
