/* The host's side of workspace conversations, for tests. What the agent answers is collected as text, one
   line a thing, so that a test reads as what happened. */
#ifndef BANGER_TEST_HOST_H
#define BANGER_TEST_HOST_H

#include "peer.h"

#include "../entries.h"

struct host {
	struct peer p;
	int disk;
	char top[200];         /* of the workspace */
	char state[200];       /* where manifests are */
	struct buf said;       /* what the agent said in the last conversation */
	int status;            /* of its answer */
	uint8_t *frame;        /* the last one */
	size_t len;
};

/* What the host has. A mode of a directory makes a GIT directory; data NULL in a list: never sent (SKIP). */
struct thing {
	const char *path;
	unsigned mode;
	const char *data;
	int64_t mtime; /* seconds */
};

/* A workspace that was never prepared, in a directory of its own. */
bool host_start(struct host *h);
void host_end(struct host *h);

/* A whole delivery; force and the like in `begin` ("force=1\n"). things end with a path NULL; git may be NULL. */
bool host_prepare(struct host *h, const char *begin, const struct thing *things, const struct thing *git);
/* The parts of it. */
bool host_open(struct host *h, const char *op);
bool host_list(struct host *h, const char *begin, const struct thing *things);
/* Reads answers up to ANSWERED; the wanted things get sent. */
bool host_answer(struct host *h, const struct thing *things, const struct thing *git);
bool host_send_file(struct host *h, uint32_t index, const struct thing *t);
bool host_send_git(struct host *h, const struct thing *t);
bool host_commit(struct host *h);
void host_close(struct host *h);
/* A whole scan; names that begin with `ignored` are ignored (NULL: none). */
bool host_scan(struct host *h, const char *ignored);
bool host_scan_with(struct host *h, const char *begin, const char *ignored);
bool host_read(struct host *h, const char *const *paths);

void put_entry(struct buf *b, const struct thing *t, const char *path, size_t path_len);
/* Path below the workspace's top. */
const char *host_path(struct host *h, const char *name);
/* One frame, and what it says as text. False at the end. */
bool host_next(struct host *h, int *type);

#endif
