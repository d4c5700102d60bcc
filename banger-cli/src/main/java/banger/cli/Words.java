package banger.cli;

import java.io.PrintStream;
import java.util.Map;
import java.util.stream.Stream;

/** Our own words as the user's locale can show them: an ellipsis is all that they have beyond ASCII. */
final class Words extends PrintStream {
    private Words(PrintStream out) {
        super(out, false, out.charset());
    }

    /** @param environment the launcher hands the user's {@code LC_ALL} on, for it has set its own */
    static PrintStream on(PrintStream out, Map<String, String> environment) {
        return isUtf8(environment) ? out : new Words(out);
    }

    /** An environment without any locale is POSIX, which is ASCII. */
    static boolean isUtf8(Map<String, String> environment) {
        var locale = Stream.of("BANGER_USER_LC_ALL", "LC_CTYPE", "LANG")
                .map(name -> environment.getOrDefault(name, ""))
                .filter(value -> !value.isEmpty())
                .findFirst()
                .orElse("C");
        return locale.toLowerCase(java.util.Locale.ROOT).replace("-", "").contains("utf8");
    }

    @Override
    public void print(String text) {
        super.print(text.replace("…", "..."));
    }

    @Override
    public void println(String text) {
        super.println(text.replace("…", "..."));
    }
}
