package banger.api.model;

import io.avaje.jsonb.Json;

/** A VM as listed and shown. */
@Json
public record VmInfo(
        String id,
        String name,
        String state,
        String lastError,
        String image,
        String imageDigest,
        String kernel,
        String kernelDigest,
        String address,
        int vcpu,
        int memoryMib,
        long diskBytes,
        long overlayBytes,
        long usedBytes,
        boolean nat,
        String engine,
        String network,
        String boot,
        long readyMillis,
        String workspace,
        String createdAt,
        int pid) {}
