package banger.api.model;

import io.avaje.jsonb.Json;
import java.util.List;

/** The copies that were made. */
@Json
public record ForkedVms(List<VmInfo> vms) {}
