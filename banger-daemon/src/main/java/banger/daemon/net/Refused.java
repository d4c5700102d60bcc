package banger.daemon.net;

/** What a part of ours answered: a step's or a kind's word, and a text. */
final class Refused extends Exception {
    private static final long serialVersionUID = 1;

    private final String code;

    Refused(String code, String text) {
        super(text);
        this.code = code;
    }

    String code() {
        return code;
    }

    String text() {
        return String.valueOf(getMessage());
    }
}
