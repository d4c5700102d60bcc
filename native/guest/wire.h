/* The frames of a workspace conversation on a blocking stream. Small things are collected, both ways:
   a read or a write a file would cost more than the file. */
#ifndef BANGER_WIRE_H
#define BANGER_WIRE_H

#include "frames.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wire_type {
	WIRE_BEGIN = 1, WIRE_LIST, WIRE_LISTED, WIRE_FILE, WIRE_DATA, WIRE_FILED, WIRE_SKIP, WIRE_GIT,
	WIRE_COMMIT, WIRE_VERDICT, WIRE_PATHS, WIRE_ASKED,
	WIRE_WANT = 16, WIRE_KEPT, WIRE_REMOVED, WIRE_ANSWERED, WIRE_DONE,
	WIRE_FAILED = 31,
	WIRE_STATE = 32, WIRE_REF, WIRE_CHANGED, WIRE_DELETED, WIRE_IGNORE, WIRE_NAMES, WIRE_LEVEL,
	WIRE_NEW, WIRE_SCANNED,
	WIRE_CONTENT = 48, WIRE_WHOLE, WIRE_MISSING, WIRE_READ,
};

enum { WIRE_IN = 4 * (FRAME_HEADER + FRAME_MAX), WIRE_OUT = 2 * (FRAME_HEADER + FRAME_MAX) };

struct wire {
	int fd;
	bool gone;        /* the host ended the stream; nothing is read or sent any more */
	bool failed;      /* FAILED was said: the conversation is over */
	size_t in_off, in_len;
	size_t out_len;
	size_t open;      /* where the frame begins that takes more; == out_len: there is none */
	uint8_t in[WIRE_IN], out[WIRE_OUT];
};

struct wire_frame {
	unsigned type;
	const uint8_t *data; /* until the next call */
	size_t len;
};

/* Sends what is collected, then waits for a frame; false when the host is gone (or said more than a
   frame may hold: then FAILED was sent). */
bool wire_next(struct wire *w, struct wire_frame *f);
void wire_send(struct wire *w, unsigned type, const void *data, size_t len);
/* Room for an item of a list of this type: joined to the frame before where that has the same type and
   room left. At most FRAME_MAX bytes. */
uint8_t *wire_item(struct wire *w, unsigned type, size_t len);
/* Room for the payload of one DATA frame of at most max bytes, and the frame once it is there. */
uint8_t *wire_data_room(struct wire *w, size_t max);
void wire_data(struct wire *w, size_t len);
/* A path alone, as an item. */
void wire_path(struct wire *w, unsigned type, const char *path, size_t len);
void wire_flush(struct wire *w);
/* Looks whether the host is still there, without waiting. */
bool wire_alive(struct wire *w);
/* Says FAILED, once. Always false. */
bool wire_fail(struct wire *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
