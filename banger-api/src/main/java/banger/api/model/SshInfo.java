package banger.api.model;

import io.avaje.jsonb.Json;

/** How to reach a VM with ssh: the private key, the known_hosts file with the pinned host key, and whether the image has an sshd. */
@Json
public record SshInfo(String name, String user, String key, String knownHosts, String hostAlias, boolean sshd) {}
