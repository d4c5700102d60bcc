/* A set of numbers kept as few spans: which stream numbers a session has used. The host counts up,
   but its threads may send their first frames a little out of order. */
#ifndef BANGER_SPANS_H
#define BANGER_SPANS_H

#include <stdbool.h>
#include <stdint.h>

enum { SPANS_MAX = 256 };

struct spans {
	unsigned count;
	struct { uint32_t first, last; } span[SPANS_MAX];
};

bool spans_has(const struct spans *s, uint32_t n);
/* False when the number is there already or the set has too many holes. */
bool spans_add(struct spans *s, uint32_t n);

#endif
