/* Going down from a directory, one component at a time, never through a link. The directories on the way
   to the last path stay open: paths come in order, so most share them. */
#ifndef BANGER_DESCENT_H
#define BANGER_DESCENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DESCENT_PATH = 4096, DESCENT_STEPS = DESCENT_PATH / 2 };

struct descent {
	int top;             /* -1: there is none, so nothing is below it */
	unsigned depth;
	size_t stopped;      /* after a failure: the length of the path up to what was in the way */
	struct { int fd; uint16_t end; } step[DESCENT_STEPS];
	char path[DESCENT_PATH + 1];
};

void descent_start(struct descent *d, int top);
/* The open directory (O_PATH, not to be closed) that holds the last component, where *name begins in
   path (which has a NUL behind it). -1 with errno: ENOENT, or ENOTDIR for a link or whatever else is no directory. `make`: missing
   directories are made (0755). */
int descent_parent(struct descent *d, const char *path, size_t len, bool make, const char **name);
/* The same for the directory at path itself. */
int descent_dir(struct descent *d, const char *path, size_t len, bool make);
/* Closes what is open: for when directories were removed. */
void descent_forget(struct descent *d);
/* As many open directories as a path has components. */
void descent_limits(void);

#endif
