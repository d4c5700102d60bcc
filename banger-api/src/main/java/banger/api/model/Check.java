package banger.api.model;

import io.avaje.jsonb.Json;
import java.util.List;

/** One row of doctor: status is ok, info, warn or fail. */
@Json
public record Check(String area, String status, String text, List<String> remedies) {}
