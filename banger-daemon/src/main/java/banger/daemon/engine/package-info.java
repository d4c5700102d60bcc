/** Running machines: the {@code Hypervisor} port, what an engine needs to boot, and which one is used. */
@NullMarked
package banger.daemon.engine;

import org.jspecify.annotations.NullMarked;
