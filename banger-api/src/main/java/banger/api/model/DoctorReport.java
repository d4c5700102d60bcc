package banger.api.model;

import io.avaje.jsonb.Json;
import java.util.List;

/** What doctor found. */
@Json
public record DoctorReport(List<Check> checks) {}
