package banger.api.model;

import io.avaje.jsonb.Json;

/**
 * Saves a VM that was set up as an environment. Its machine ends with that.
 *
 * @param start whether the VM continues from the environment at once, as any new one would
 */
@Json
public record SaveEnvironment(boolean start) {}
