/** Kernels: fetched or imported, taken apart into what a VM boots from, kept by digest. */
@NullMarked
package banger.daemon.kernel;

import org.jspecify.annotations.NullMarked;
