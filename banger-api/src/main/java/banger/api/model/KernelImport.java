package banger.api.model;

import io.avaje.jsonb.Json;

/** A kernel of the user's own: a directory with vmlinux or a bzImage and modules. */
@Json
public record KernelImport(String name, String directory) {}
