/* What differs from what was delivered. */
#ifndef BANGER_SCAN_H
#define BANGER_SCAN_H

#include "workspace.h"

/* Above this a file whose id nobody can know yet is not hashed: under TCG that takes a second. */
enum { SCAN_HASH_MAX = 16 * 1024 * 1024 };

struct scan {
	struct workspace *ws;
	int64_t recorded;    /* when it began */
	bool refreshed;      /* files were hashed that had not changed, or more is to be written down */
	bool saved;          /* what does not lie as recorded is written down */
};

/* scan_refs.c: every tip there is. */
bool scan_refs(struct scan *s);
/* scan_changes.c: what was delivered and is different or gone; the manifest's entries get ENTRY_DIFFERS. */
bool scan_changes(struct scan *s);
/* scan_names.c: what was not delivered, level by level. */
bool scan_names(struct scan *s);

#endif
