/** Whether this host has what banger needs, and what to do where it has not. */
@NullMarked
package banger.daemon.doctor;

import org.jspecify.annotations.NullMarked;
