package banger.daemon.engine;

/**
 * What an engine is on this host: callers look here, never at the engine's class.
 *
 * @param label {@code qemu/tcg}, {@code qemu/kvm}, {@code firecracker}
 * @param isolates whether it is a boundary against hostile guests; emulation is not
 * @param mapsSaved whether machines that continue from one saved state share its memory until they change it; else each
 *     loads all of it, unless it was recorded
 * @param layers whether its machines can have disks of more than one file, and begin a new one while they run
 *     ({@link Machine#stack})
 */
public record Traits(String label, boolean isolates, boolean mapsSaved, boolean layers) {}
