package banger.api.model;

import io.avaje.jsonb.Json;

/** A root file system of the user's own to use as an image. */
@Json
public record ImageRegister(String name, String rootfs) {}
