package banger.daemon.publish;

import java.util.List;

/** Who still needs something published: the names of the VMs that pin a digest. */
@FunctionalInterface
public interface Users {
    /** Nobody needs anything. */
    Users NONE = digest -> List.of();

    List<String> of(String digest);
}
