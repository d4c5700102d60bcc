/* Git's own state in the guest: its refs, and whether it is still what was delivered. Nothing here trusts a
   byte of it. */
#ifndef BANGER_GITSTATE_H
#define BANGER_GITSTATE_H

#include "workspace.h"

enum { REF_SYMBOLIC = 1 };

/* Refs by name, in order. Those with flag REF_SYMBOLIC name another one: `ino` is where in `targets`. */
struct refs {
	struct entries list;
	struct buf targets;
};

/* gitrefs.c */
/* All of them, loose ones before packed ones. False beyond the limits (2,000,000 refs). */
bool refs_collect(int gitdir, size_t id_len, struct refs *refs);
/* The id a ref comes to in the end; NULL when there is none. */
const uint8_t *refs_resolve(const struct refs *refs, const struct entry *ref);
void refs_free(struct refs *refs);
/* A file of git's of at most max bytes, with a NUL behind it; links are not followed. NULL: not there, or no
   such file. */
char *git_text(int gitdir, const char *name, size_t max, size_t *len);
/* An id in hex with whatever white space behind it; false when it is none. */
bool git_id(const char *text, size_t id_len, uint8_t *id);

/* gitindex.c */
/* Digest of mode, id, stage and path of each entry: the guest's own `git status` rewrites the rest. An index
   that cannot be read that way is digested as it lies. */
void git_index_digest(const uint8_t *data, size_t len, size_t id_len, uint8_t out[SHA256_LEN]);

/* gitstate.c */
/* The directory of the repository, opened (O_PATH): gitdir, or `.git` in the top where that is "". -1 with errno. */
int git_open(const struct workspace *ws, const char *gitdir, bool make);
/* Of HEAD, refs (but what the host left at refs/remotes/host/) and what is in progress; of the index, and how that lay.
   False when there is no repository. */
bool git_digests(const struct workspace *ws, const char *gitdir, size_t id_len, struct manifest *out);
/* Compared with the manifest. interrupted: a delivery was cut off while it was writing git's files. */
enum git_state git_state(const struct workspace *ws, const char *gitdir, bool interrupted);
/* Removes loose refs, and what says that something is in progress, that are not among `kept` (names, each with a
   NUL): an earlier delivery's, or (force) the guest's. */
void git_sweep(const struct workspace *ws, const char *gitdir, const struct buf *kept);

#endif
