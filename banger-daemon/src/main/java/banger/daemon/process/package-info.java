/** Running host programs: the only place, with the shim's launcher, that starts a process. */
@NullMarked
package banger.daemon.process;

import org.jspecify.annotations.NullMarked;
