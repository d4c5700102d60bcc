/** QEMU as an engine: its argument vector, QMP, and the machines it runs. */
@NullMarked
package banger.daemon.engine.qemu;

import org.jspecify.annotations.NullMarked;
