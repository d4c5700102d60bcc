/** Prepared machines that new VMs continue from: what they are and where they are kept. */
@NullMarked
package banger.daemon.template;

import org.jspecify.annotations.NullMarked;
