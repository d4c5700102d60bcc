package banger.daemon.engine;

import banger.daemon.progress.Progress;
import banger.daemon.publish.Fetching;

/** Chooses the engine of a VM. */
public interface Engines {
    /**
     * Fetches the engine that a new VM would best run on, where it can be had and is not there. A failure is
     * told and no error, unless just that engine is wanted.
     *
     * @param wanted {@code auto}, or an engine's name
     */
    void ensure(String wanted, Fetching fetching, Progress progress);

    /**
     * @param wanted {@code auto}, or an engine's name
     * @throws banger.api.BangerException {@code engine.unavailable} with the reason
     */
    Hypervisor select(String wanted);

    /**
     * One that can run a VM whose disks are layers.
     *
     * @param wanted {@code auto}, or an engine's name
     * @throws banger.api.BangerException {@code engine.unavailable} with the reason
     */
    Hypervisor selectLayered(String wanted);

    /** The engine that a machine with this label was started by. */
    Hypervisor byLabel(String label);

    /** One line for the person about the choice; empty when there is nothing to say. */
    String note(String wanted);
}
