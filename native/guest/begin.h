/* What BEGIN says. */
#ifndef BANGER_BEGIN_H
#define BANGER_BEGIN_H

#include "wire.h"

#include <stdbool.h>

struct begin {
	bool sha256, force, readonly;
	bool fresh;        /* nobody's commands have run here since the manifest was in force */
	bool saved;        /* the machine is about to be saved for others */
	char gitdir[4097]; /* "" or clean and absolute */
};

/* Waits for it; false when something else came or it does not parse (FAILED was sent). */
bool begin_read(struct wire *w, struct begin *b);
/* "" or why it is refused. */
const char *begin_parse(struct begin *b, const uint8_t *data, size_t len);

#endif
