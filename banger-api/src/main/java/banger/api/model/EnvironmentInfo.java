package banger.api.model;

import io.avaje.jsonb.Json;
import java.util.List;

/**
 * A saved machine with a repository's dependencies in it, which VMs continue from.
 *
 * @param digest its name: of all that a VM must have in common with it
 * @param repository the top of the work tree that it was made with, on the host
 * @param guestPath where that lies in the guest
 * @param setup the commands that were run
 * @param files names of the files that the commands depend on
 * @param nat whether its VMs reach the network outside
 * @param bytes on disk
 * @param memoryBytes of these its memory's
 * @param log the file with the commands' output; empty: there is none
 * @param usedAt when a VM last continued from it; when it was made, if none did
 */
@Json
public record EnvironmentInfo(
        String digest,
        String repository,
        String guestPath,
        List<String> setup,
        List<String> files,
        boolean nat,
        String engine,
        String image,
        String imageDigest,
        int vcpu,
        int memoryMib,
        long bytes,
        long memoryBytes,
        String log,
        long madeMillis,
        String createdAt,
        String usedAt) {}
