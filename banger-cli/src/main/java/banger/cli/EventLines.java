package banger.cli;

import banger.api.Printable;
import banger.api.Times;
import banger.api.model.Event;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** Shows an operation's events: one line for each step that took time, a live line meanwhile. */
public final class EventLines implements Consumer<Event> {
    private static final int BAR = 24;
    /** Nothing shorter is announced. */
    private static final long WORTH_TELLING_MILLIS = 300;

    private final Terminal terminal;
    private final LongSupplier millis;
    private final long began;

    public EventLines(Terminal terminal) {
        this(terminal, () -> System.nanoTime() / 1_000_000);
    }

    /** @param millis a clock that only goes forward */
    EventLines(Terminal terminal, LongSupplier millis) {
        this.terminal = terminal;
        this.millis = millis;
        this.began = millis.getAsLong();
    }

    @Override
    public void accept(Event event) {
        var object = Printable.line(Optional.ofNullable(event.object()).orElse(""));
        var text = Printable.line(Optional.ofNullable(event.text()).orElse(""));
        switch (event.event()) {
            case "doing" -> {
                if (millis.getAsLong() - began >= WORTH_TELLING_MILLIS)
                    terminal.live(object + ": " + text + counted(event));
            }
            case "done" -> {
                var took = Times.took(event.millis());
                terminal.line(object + ": "
                        + (text.contains("{took}") ? text.replace("{took}", took) : text + " in " + took));
            }
            case "note" -> terminal.line(text);
            case "warn" -> terminal.warning(text);
            default -> {}
        }
    }

    private static String counted(Event event) {
        if (event.total() <= 0) return "";
        int full = (int) (BAR * Math.min(event.done(), event.total()) / event.total());
        return "  " + event.done() + "/" + event.total() + "  [" + "=".repeat(full) + (full < BAR ? ">" : "")
                + " ".repeat(Math.max(0, BAR - full - 1)) + "]";
    }
}
