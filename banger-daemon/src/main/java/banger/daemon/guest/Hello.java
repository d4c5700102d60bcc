package banger.daemon.guest;

/**
 * How a guest introduces itself.
 *
 * @param role {@code init} or {@code agent}
 * @param state {@code boot}, {@code configuring}, {@code ready}, {@code quiesced} or {@code frozen}
 */
public record Hello(String build, String role, String state, long generation) {
    public boolean ready() {
        return state.equals("ready");
    }

    public boolean wantsConfiguration() {
        return state.equals("boot");
    }
}
