/* What git calls a blob: the id of a file's content, or of a link's target. */
#ifndef BANGER_BLOB_H
#define BANGER_BLOB_H

#include "digest.h"

#include <stdbool.h>
#include <sys/stat.h>

enum blob { BLOB_DONE, BLOB_GONE, BLOB_CHANGED, BLOB_ERROR };

/* Hashes the file or link `name` in `dir`, never following a link. st is how it lies there, before and after.
   BLOB_GONE: nothing there, or neither of the two; BLOB_CHANGED: it was written meanwhile; BLOB_ERROR: errno.
   `alive` is asked now and then (may be NULL); when it says no, BLOB_ERROR. */
enum blob blob_of(int dir, const char *name, bool sha256, struct stat *st, uint8_t *id,
		  bool (*alive)(void *ctx), void *ctx);

#endif
