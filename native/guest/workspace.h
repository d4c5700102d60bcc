/* One workspace conversation (docs/protocol.md), seen from the worker that holds it. */
#ifndef BANGER_WORKSPACE_H
#define BANGER_WORKSPACE_H

#include "blob.h"
#include "descent.h"
#include "ledger.h"
#include "wire.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/* A file under way lies beside its place under this name: one at a time, so there is one at most. */
#define PARTIAL ".banger-partial"

/* What git's own state is. */
enum git_state { GIT_NONE, GIT_AS_DELIVERED, GIT_MOVED };

struct workspace {
	struct wire wire;
	const char *path;          /* of the top, clean and absolute */
	int root;                  /* of the image */
	int top;                   /* -1 while it is not there */
	struct ledger ledger;
	enum ledger_state state;
	struct manifest manifest;  /* what was delivered last */
	struct descent descent;
};

/* What lies where something was delivered. LIES_BLOCKED: nothing, because what should be a directory above
   it is none (descent.stopped). */
enum lies { LIES_SAME, LIES_DIFFERENT, LIES_GONE, LIES_BLOCKED, LIES_DIRECTORY, LIES_ERROR };

/* compare.c: by stat where that proves it, else by content. st and, where it was hashed, id (*hashed) are
   what was found; an unchanged one that was hashed gets its stat recorded anew. LIES_ERROR: said FAILED. */
enum lies workspace_compare(struct workspace *ws, struct entry *delivered, struct stat *st, uint8_t *id,
			    bool *hashed);
/* The id of what is at path now; LIES_GONE where that is neither a file nor a link. */
enum lies workspace_hash(struct workspace *ws, int dir, const char *name, struct stat *st, uint8_t *id);
bool workspace_open_top(struct workspace *ws, bool make);
/* A mode's kind and what git keeps of its permissions are the same. */
bool same_kind(uint32_t a, uint32_t b);
/* The clock that files get their times from. */
int64_t workspace_now(void);
bool id_known(const uint8_t *id);

/* The last frame. The lock is let go first: a host that has read it may begin the next conversation at once. */
void workspace_end(struct workspace *ws, unsigned type, const void *data, size_t len);

/* The conversations. */
void workspace_prepare(struct workspace *ws);
void workspace_scan(struct workspace *ws);
void workspace_read(struct workspace *ws);

#endif
