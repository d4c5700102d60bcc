/* The "newc" form of cpio, read from memory. */
#ifndef BANGER_CPIO_H
#define BANGER_CPIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CPIO_NAME = 4096 };

struct cpio {
	const uint8_t *data;
	size_t len, at;
	const char *error;
};

struct cpio_member {
	const char *name;      /* terminated, inside the archive */
	uint32_t mode, uid, gid, mtime;
	const uint8_t *data;
	size_t size;
};

void cpio_open(struct cpio *c, const void *data, size_t len);
/* 1: a member; 0: the trailer was read; -1: malformed (c->error). */
int cpio_next(struct cpio *c, struct cpio_member *m);

#endif
