package banger.api;

import java.util.List;

/**
 * A failure told to a person: what could not be done to which object, the fact behind it, and what to
 * type next. Anything else that is thrown is a bug and reaches the person as {@code internal}.
 */
public final class BangerException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final ErrorCode code;
    private final transient List<String> remedies;

    /**
     * @param fact object first, lower case, no full stop: {@code vm big: 64 GiB of memory asked for}
     * @param remedies lines shown indented below it: facts that help, then real commands
     */
    public BangerException(ErrorCode code, String fact, List<String> remedies) {
        super(fact);
        this.code = code;
        this.remedies = List.copyOf(remedies);
    }

    public BangerException(ErrorCode code, String fact, String... remedies) {
        this(code, fact, List.of(remedies));
    }

    /** The same failure with the exception that led to it kept for the log. */
    public BangerException because(Throwable cause) {
        initCause(cause);
        return this;
    }

    public ErrorCode code() {
        return code;
    }

    public String fact() {
        return String.valueOf(getMessage());
    }

    public List<String> remedies() {
        return remedies;
    }
}
