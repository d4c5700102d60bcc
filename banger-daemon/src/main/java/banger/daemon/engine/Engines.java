package banger.daemon.engine;

/** Chooses the engine of a VM. */
public interface Engines {
    /**
     * @param wanted {@code auto}, or an engine's name
     * @throws banger.api.BangerException {@code engine.unavailable} with the reason
     */
    Hypervisor select(String wanted);

    /** The engine that a machine with this label was started by. */
    Hypervisor byLabel(String label);

    /** One line for the person about the choice; empty when there is nothing to say. */
    String note(String wanted);
}
