/* What was delivered to a workspace, and how it lay on disk after that. */
#ifndef BANGER_MANIFEST_H
#define BANGER_MANIFEST_H

#include "entries.h"
#include "util.h"

#include <stdbool.h>
#include <stdint.h>

/* A file that was looked at: as long as it lies so it has not been written since. */
struct seen {
	uint64_t ino, size;
	int64_t mtime, ctime;
};

struct manifest {
	struct entries files;
	bool readonly;
	int64_t recorded;       /* when the files were looked at: younger times prove nothing */
	bool git_known;         /* the two digests below are of what was delivered */
	uint8_t refs[SHA256_LEN], index[SHA256_LEN];
	struct seen index_seen; /* how the index lay when its digest was taken; ino 0: not known */
	bool digest_known;
	uint8_t digest[SHA256_LEN]; /* what manifest_digest says */
	char gitdir[4097];      /* of a submodule, else "" */
	struct buf git_names;   /* names of git's files as delivered, objects left out, each with a NUL */
};

/* The host can make the same: SHA-256 over mode u32, id, u16 length, path of each entry in order. What was written down
   of it is believed. */
void manifest_digest(const struct manifest *m, uint8_t out[SHA256_LEN]);
/* As a file's content; false without memory. */
bool manifest_encode(const struct manifest *m, struct buf *out);
/* False when it is not one, or was cut or changed since it was written. */
bool manifest_decode(struct manifest *m, const uint8_t *data, size_t len);
void manifest_free(struct manifest *m);
/* What stands at the end of a file that is whole, big endian. */
uint64_t manifest_sum(const uint8_t *data, size_t len);

#endif
