#include "cpio.h"

#include <string.h>

enum { HEADER = 110 };

void cpio_open(struct cpio *c, const void *data, size_t len)
{
	memset(c, 0, sizeof *c);
	c->data = data;
	c->len = len;
}

static bool field(const uint8_t *p, uint32_t *out)
{
	uint32_t v = 0;
	for (int i = 0; i < 8; i++) {
		uint8_t d;
		if (p[i] >= '0' && p[i] <= '9')
			d = (uint8_t)(p[i] - '0');
		else if (p[i] >= 'a' && p[i] <= 'f')
			d = (uint8_t)(p[i] - 'a' + 10);
		else if (p[i] >= 'A' && p[i] <= 'F')
			d = (uint8_t)(p[i] - 'A' + 10);
		else
			return false;
		v = v << 4 | d;
	}
	*out = v;
	return true;
}

static int bad(struct cpio *c, const char *why)
{
	c->error = why;
	return -1;
}

static size_t padded(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

int cpio_next(struct cpio *c, struct cpio_member *m)
{
	uint32_t f[13];
	const uint8_t *h = c->data + c->at;
	if (c->len - c->at < HEADER)
		return bad(c, "archive ends inside a header");
	if (memcmp(h, "070701", 6))
		return bad(c, "not a newc header");
	for (int i = 0; i < 13; i++)
		if (!field(h + 6 + 8 * i, &f[i]))
			return bad(c, "header with a field that is not hexadecimal");
	size_t name_len = f[11], size = f[6], left = c->len - c->at;
	if (name_len < 2 || name_len > CPIO_NAME)
		return bad(c, "name empty or too long");
	/* Both lengths are below 2^32, so nothing overflows. */
	size_t head = padded(HEADER + name_len);
	if (head > left || padded(size) > left - head)
		return bad(c, "archive ends inside a member");
	m->name = (const char *)h + HEADER;
	if (memchr(m->name, 0, name_len) != m->name + name_len - 1)
		return bad(c, "name not terminated, or with a NUL inside");
	m->mode = f[1];
	m->uid = f[2];
	m->gid = f[3];
	m->mtime = f[5];
	m->data = h + head;
	m->size = size;
	c->at += head + padded(size);
	return strcmp(m->name, "TRAILER!!!") != 0;
}
