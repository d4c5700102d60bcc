package banger.net;

/** A request that was not carried out: the answer {@code error CODE TEXT}. */
final class Refusal extends Exception {
    private static final long serialVersionUID = 1;
    private static final int LONGEST = 1000;

    /** What kind of thing went wrong; its word is part of the protocol. */
    enum Code {
        BAD_REQUEST("bad-request"),
        TAP("tap"),
        BRIDGE("bridge"),
        RULES("rules"),
        TOOL_MISSING("tool-missing");

        private final String word;

        Code(String word) {
            this.word = word;
        }
    }

    private final Code code;

    Refusal(Code code, String text) {
        super(text);
        this.code = code;
    }

    static Refusal badRequest(String text) {
        return new Refusal(Code.BAD_REQUEST, text);
    }

    Code code() {
        return code;
    }

    /** One line of printable ASCII, whatever a tool printed or a peer sent. */
    String answer() {
        var text = String.valueOf(getMessage()).replaceAll("[^ -~]+", " ").strip();
        return "error " + code.word + " " + (text.length() > LONGEST ? text.substring(0, LONGEST) : text);
    }
}
