/* Passing bytes between a stream's forward frames and a socket. */
#ifndef BANGER_FORWARD_H
#define BANGER_FORWARD_H

#include "worker.h"

/* Until both directions ended, or either side is gone. fd is non-blocking. */
void forward_relay(struct worker *w, int fd);

#endif
