package banger.api.model;

import io.avaje.jsonb.Json;
import org.jspecify.annotations.Nullable;

/**
 * Copies of a VM to make.
 *
 * @param name of the only one, or the beginning of all names; without one, the VM's own
 */
@Json
public record ForkVm(int count, @Nullable String name, boolean nat) {}
