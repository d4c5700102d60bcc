/* A delivery. */
#ifndef BANGER_PREPARE_H
#define BANGER_PREPARE_H

#include "begin.h"
#include "gitstate.h"
#include "workspace.h"

struct prepare {
	struct workspace *ws;
	struct begin begin;
	struct entries list;      /* what the host wants to be here */
	struct entries pending;   /* what an interrupted delivery was writing */
	bool interrupted, pending_git;
	enum git_state git;
	int64_t recorded;         /* when the look at the disk began */
	bool writing;             /* the workspace is marked incomplete */
	int gitdir;               /* -1: not opened yet */
	struct descent git_descent;
	struct buf git_names;     /* of this delivery, objects left out */
	uint64_t bytes;
	uint32_t files;
};

/* prepare_plan.c: compares list, manifest and disk; answers with WANT, KEPT and REMOVED. */
bool prepare_plan(struct prepare *p);
/* prepare_write.c: everything up to COMMIT. */
bool prepare_receive(struct prepare *p);
/* prepare_commit.c: the manifest in force. */
bool prepare_commit(struct prepare *p);

/* place.c: putting one thing in its place. */
/* Replaces whatever `name` is by the finished PARTIAL beside it; directories without files give way. */
bool place_partial(int dir, const char *name);
/* Makes PARTIAL: a file open for writing, or -1 with errno. */
int place_open(int dir, mode_t mode);
bool place_link(int dir, const char *target);
bool place_remove_empty(int dir, const char *name);
/* Removes the file at path and the directories above it that this leaves empty. */
void place_remove(struct workspace *ws, const char *path, size_t len);

#endif
