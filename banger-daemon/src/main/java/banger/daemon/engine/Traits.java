package banger.daemon.engine;

/**
 * What an engine is on this host: callers look here, never at the engine's class.
 *
 * @param label {@code qemu/tcg}, {@code qemu/kvm}, {@code firecracker}
 * @param isolates whether it is a boundary against hostile guests; emulation is not
 */
public record Traits(String label, boolean isolates) {}
