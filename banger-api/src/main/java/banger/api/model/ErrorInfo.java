package banger.api.model;

import io.avaje.jsonb.Json;
import java.util.List;

/** A failure; {@code operation} is for the daemon's log. */
@Json
public record ErrorInfo(String code, String fact, List<String> remedies, String operation) {}
