/** The way out: what a guest changed is collected, checked in a shadow repository, shown, and brought back. */
@org.jspecify.annotations.NullMarked
package banger.workspace.out;
