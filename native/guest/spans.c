#include "spans.h"

#include <string.h>

/* Index of the first span that ends at n or behind it. */
static unsigned place(const struct spans *s, uint32_t n)
{
	unsigned lo = 0, hi = s->count;
	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;
		if (s->span[mid].last < n)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

bool spans_has(const struct spans *s, uint32_t n)
{
	unsigned i = place(s, n);
	return i < s->count && s->span[i].first <= n;
}

bool spans_add(struct spans *s, uint32_t n)
{
	unsigned i = place(s, n);
	if (i < s->count && s->span[i].first <= n)
		return false;
	bool before = i > 0 && s->span[i - 1].last + 1 == n;
	bool after = i < s->count && s->span[i].first == n + 1;
	if (before && after) {
		s->span[i - 1].last = s->span[i].last;
		memmove(&s->span[i], &s->span[i + 1], (s->count - i - 1) * sizeof s->span[0]);
		s->count--;
	} else if (before) {
		s->span[i - 1].last = n;
	} else if (after) {
		s->span[i].first = n;
	} else {
		if (s->count == SPANS_MAX)
			return false;
		memmove(&s->span[i + 1], &s->span[i], (s->count - i) * sizeof s->span[0]);
		s->span[i].first = s->span[i].last = n;
		s->count++;
	}
	return true;
}
