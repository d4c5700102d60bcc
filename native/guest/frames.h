/* Frames inside an exec or forward stream. */
#ifndef BANGER_FRAMES_H
#define BANGER_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FRAME_HEADER = 4, FRAME_MAX = 65536 };
enum frame_type { FRAME_IN, FRAME_OUT, FRAME_ERR, FRAME_SIZE, FRAME_SIGNAL, FRAME_EXIT, FRAME_WHY };

/* Collects bytes and gives out whole frames. */
struct frames {
	size_t len, used;
	uint8_t data[FRAME_HEADER + FRAME_MAX];
};

/* Room to read more bytes into (frames_add says how many came). */
uint8_t *frames_room(struct frames *f, size_t *room);
void frames_added(struct frames *f, size_t len);
/* 1: a frame (its payload stays until the next call); 0: not complete yet; -1: too long. */
int frames_next(struct frames *f, unsigned *type, const uint8_t **payload, size_t *len);
void frame_header(uint8_t *at, unsigned type, size_t len);

/* Frames that wait to be written, with a bound that the producer keeps. */
struct outgoing {
	size_t off, len;
	uint8_t data[3 * (FRAME_HEADER + FRAME_MAX)];
};

bool outgoing_fits(const struct outgoing *o, size_t payload);
bool outgoing_add(struct outgoing *o, unsigned type, const void *payload, size_t len);
/* Writes what the descriptor takes without blocking; false when it is broken. */
bool outgoing_flush(struct outgoing *o, int fd);

#endif
