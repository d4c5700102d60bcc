package banger.cli;

import banger.api.Printable;
import banger.api.text.Table;
import java.io.PrintStream;
import java.util.Map;

/** Standard output and error as they are: what is a terminal, whether colour is wanted, one live line. */
public final class Terminal {
    private static final String ERASE = "\r\033[K";
    /** What is too long is cut at the margin, for a second line could not be erased. */
    private static final String NO_WRAP = "\033[?7l";

    private static final String WRAP = "\033[?7h";

    private final PrintStream out;
    private final PrintStream words;
    private final PrintStream err;
    /** What the environment says of the width; empty: ask the terminal. */
    private final String columns;

    private final boolean inTty;
    private final boolean outTty;
    private final boolean errTty;
    /** Whether escape codes are understood on standard error. */
    private final boolean smart;

    private final boolean color;
    /** Whether escape codes are wanted on standard output. */
    private final boolean outColor;

    private boolean quiet;
    private boolean liveShown;

    /** @param ttys one digit each for stdin, stdout, stderr: 1 for a terminal */
    public Terminal(PrintStream out, PrintStream err, String ttys, Map<String, String> environment, boolean noColor) {
        this.out = out;
        this.words = Words.on(out, environment);
        this.err = Words.on(err, environment);
        this.columns = environment.getOrDefault("COLUMNS", "");
        this.inTty = ttys.startsWith("1");
        this.outTty = ttys.startsWith("1", 1);
        this.errTty = ttys.startsWith("1", 2);
        boolean forced = !environment.getOrDefault("CLICOLOR_FORCE", "0").equals("0");
        boolean off = noColor || !environment.getOrDefault("NO_COLOR", "").isEmpty();
        this.smart = errTty && !environment.getOrDefault("TERM", "dumb").equals("dumb");
        this.color = !off && (forced || smart);
        this.outColor = !off
                && (forced
                        || outTty && !environment.getOrDefault("TERM", "dumb").equals("dumb"));
    }

    public void quiet() {
        quiet = true;
    }

    public boolean isQuiet() {
        return quiet;
    }

    public PrintStream out() {
        return out;
    }

    /** Standard output for help and tables, in characters that the user's locale has. */
    public PrintStream words() {
        return words;
    }

    /** Prints a table; on a terminal its widest text column is cut so that no line wraps. */
    public void table(Table table) {
        words.print(outTty ? table.within(width()) : table.toString());
        words.flush();
    }

    private int width() {
        return columns.matches("[1-9][0-9]{0,4}") ? Integer.parseInt(columns) : RawMode.size()[0];
    }

    public boolean inputIsTerminal() {
        return inTty;
    }

    public boolean outputIsTerminal() {
        return outTty;
    }

    /** Whether what goes to standard output may be coloured. */
    public boolean outputTakesColor() {
        return outColor;
    }

    /** Whether a question can be asked. */
    public boolean interactive() {
        return inTty && errTty;
    }

    /** A final line for the person. */
    public synchronized void line(String text) {
        if (quiet) return;
        clearLive();
        err.println(text);
        err.flush();
    }

    public void dim(String text) {
        line(color ? "\033[2m" + text + "\033[0m" : text);
    }

    public void warning(String text) {
        line(paint("33", "warning:") + " " + text);
    }

    public void note(String text) {
        line("note: " + text);
    }

    public synchronized void error(String fact, Iterable<String> remedies) {
        clearLive();
        err.println(paint("31", "error:") + " " + Printable.lines(fact));
        for (var remedy : remedies) err.println("  " + Printable.lines(remedy));
        err.flush();
    }

    /** What is under way, on a terminal only; the next line of any kind replaces it. */
    public synchronized void live(String text) {
        if (quiet || !smart) return;
        err.print(ERASE + NO_WRAP + text + WRAP);
        err.flush();
        liveShown = true;
    }

    public synchronized void clearLive() {
        if (!liveShown) return;
        err.print(ERASE);
        err.flush();
        liveShown = false;
    }

    /** A prompt without a line break. */
    public synchronized void prompt(String text) {
        clearLive();
        err.print(text);
        err.flush();
    }

    private String paint(String code, String text) {
        return color ? "\033[" + code + "m" + text + "\033[0m" : text;
    }
}
