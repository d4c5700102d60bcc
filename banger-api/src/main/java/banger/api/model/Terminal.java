package banger.api.model;

import io.avaje.jsonb.Json;

/** A terminal's size and kind. */
@Json
public record Terminal(int columns, int rows, String term) {}
