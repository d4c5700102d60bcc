/* The one event loop of the main process: edge-triggered epoll, one callback for each descriptor. */
#ifndef BANGER_LOOP_H
#define BANGER_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct source {
	int fd;
	void (*fn)(struct source *source, uint32_t events);
};

struct loop {
	int epoll;
};

bool loop_init(struct loop *loop);
/* Watches source->fd for reading, writing and hang-up, edge-triggered: a virtio-serial port without
   a host would report its hang-up for ever otherwise. */
bool loop_add(struct loop *loop, struct source *source);
/* Takes it out and closes the descriptor. */
void loop_close(struct loop *loop, struct source *source);
/* Waits for one event, so that a callback may free any other source; false on a time-out. */
bool loop_once(struct loop *loop, int timeout_ms);

#endif
