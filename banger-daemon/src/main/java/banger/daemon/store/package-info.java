/** Durable intent: one SQLite database, plain JDBC, numbered migrations. */
@NullMarked
package banger.daemon.store;

import org.jspecify.annotations.NullMarked;
