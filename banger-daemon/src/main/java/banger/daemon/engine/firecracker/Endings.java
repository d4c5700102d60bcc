package banger.daemon.engine.firecracker;

import banger.daemon.guest.Control;

/** Remembers how the guest said it would end: every ending of a Firecracker looks the same from outside. */
final class Endings implements Control.Listener {
    private final Control.Listener next;
    private volatile String action = "";

    Endings(Control.Listener next) {
        this.next = next;
    }

    /** {@code poweroff}, {@code reboot}, {@code halt}; empty when it said nothing. */
    String action() {
        return action;
    }

    @Override
    public void dirty(long kib) {
        next.dirty(kib);
    }

    @Override
    public void power(String verb) {
        action = verb;
        next.power(verb);
    }

    @Override
    public void failed(String text) {
        next.failed(text);
    }

    @Override
    public void ready() {
        next.ready();
    }
}
