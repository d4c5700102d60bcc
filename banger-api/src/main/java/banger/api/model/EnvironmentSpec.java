package banger.api.model;

import io.avaje.jsonb.Json;
import java.util.List;

/**
 * What a machine with a repository's dependencies in it is made by. A VM created with it continues from the environment
 * that was made by the same; where there is none it boots to be set up, and says so: its {@code boot} is {@code setup}.
 *
 * @param repository the top of its work tree on the host, for listings
 * @param guestPath where it lies in the guest
 * @param setup commands for {@code sh -c}, run there one after another
 * @param files names of the files that the commands depend on, from the top of the work tree
 * @param digest SHA-256 of those files' names and contents, hexadecimal
 * @param rebuild one that exists is made anew
 */
@Json
public record EnvironmentSpec(
        String repository, String guestPath, List<String> setup, List<String> files, String digest, boolean rebuild) {
    /** Of a VM that continued from an environment. */
    public static final String BOOT = "environment";
    /** Of a VM that is to become one: it has none of its owner's files, keys and identity. */
    public static final String SETUP = "setup";
}
