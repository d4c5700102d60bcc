/** Tests of what a checkout has beside the programs: its launcher. */
package banger.checkout;
