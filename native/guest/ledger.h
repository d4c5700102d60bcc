/* Where a workspace's manifest lies: a directory of its own below `banger/workspaces` on the work disk, out
   of sight of the image.

   manifest         what was delivered
   pending.N        made before delivery N writes its first byte: what it is about to write
   before.N         the manifest that delivery N replaced, until N is on the disk
   committed -> N BOOT   delivery N was written whole; BOOT is the kernel's boot id
   synced -> N      all of delivery N is on the disk
   lock             held during a conversation

   A workspace is complete when the delivery `committed` names was synced, or the machine has not been
   booted since: a machine that was cut off in between may have lost any of the files that the manifest
   claims. The sync itself is done behind DONE, because it takes as long as the delivery. Links hold their
   text in the inode, so the journal writes them whole and in order. */
#ifndef BANGER_LEDGER_H
#define BANGER_LEDGER_H

#include "manifest.h"

enum { LEDGER_TAG = 17, LEDGER_BOOT = 37 };
enum ledger_state { LEDGER_NONE, LEDGER_INCOMPLETE, LEDGER_COMPLETE };
enum ledger_open { LEDGER_OPEN, LEDGER_ABSENT, LEDGER_BUSY, LEDGER_FAILED };

struct ledger {
	int dir, lock;          /* -1: nothing is kept yet */
	bool fast;              /* tests: the disk is not waited for */
	char boot[LEDGER_BOOT];
	char tag[LEDGER_TAG];   /* of the delivery under way, or "" */
};

/* Opens the ledger of the workspace at path (clean, absolute) below the directory `disk`, and takes its
   lock; `make`: where missing. A lock that is held is waited for a second, because a conversation whose host has just
   gone needs a moment to notice: LEDGER_BUSY. LEDGER_FAILED with errno. */
enum ledger_open ledger_open(struct ledger *l, int disk, const char *path, bool make);
/* Reads the manifest; of an incomplete one what is known of the state before. */
enum ledger_state ledger_read(const struct ledger *l, struct manifest *m);
/* What the interrupted delivery was about to write; git: it was writing git's files as well. */
bool ledger_pending(const struct ledger *l, struct entries *pending, bool *git);
/* From here on the workspace is incomplete; with `wait` that is on the disk when this returns, else it gets there before
   anything that is written after it. */
bool ledger_begin(struct ledger *l, const struct entries *wanted, uint8_t flag, bool git, bool wait);
/* Puts the manifest in force. */
bool ledger_commit(struct ledger *l, const struct manifest *m);
/* Replaces what is known of the disk; the base is the same. */
bool ledger_refresh(struct ledger *l, const struct manifest *m);
/* After DONE: waits for the disks of `top` and of the ledger, in a process of its own that outlives the
   conversation. */
void ledger_sync_behind(const struct ledger *l, int top);
/* Lets the next conversation begin. */
void ledger_unlock(struct ledger *l);
void ledger_close(struct ledger *l);

/* For a sync of everything: what is committed before it, and that it is on the disk behind it. Nothing is written
   where that is known already: the disk may be frozen. */
void ledger_all_collect(int disk, struct buf *tags);
void ledger_all_synced(int disk, const struct buf *tags);

#endif
