/* The host's side of one stream, for tests: a worker on the other end, requests and exec frames. */
#ifndef BANGER_PEER_H
#define BANGER_PEER_H

#include "../util.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct peer {
	int fd;
	pid_t worker;
	int status;            /* of the answer, or -1 */
	struct buf in;         /* received and not consumed */
	struct buf out, err, why;
	int exit;              /* -1 before the exit frame */
	bool out_end, ended;
};

/* Forks a worker as the main process does. */
bool peer_start(struct peer *p, bool configured, int call);
/* One that keeps manifests below the directory `disk`. */
bool peer_start_with_disk(struct peer *p, int disk);
/* Fails the test when the worker does not end well. */
void peer_stop(struct peer *p);
bool peer_send(struct peer *p, const void *data, size_t len);
bool peer_request(struct peer *p, const char *method, const char *target, const void *body, size_t len);
/* Reads the head of the answer: p->status. */
bool peer_answer(struct peer *p);
/* Everything up to the end of the stream, in p->in. */
bool peer_all(struct peer *p);
bool peer_frame(struct peer *p, unsigned type, const void *data, size_t len);
/* The next frame, whatever its type, in memory of its own; -1 at the end of the stream or the deadline. */
int peer_next(struct peer *p, uint8_t **data, size_t *len);
/* Reads exec or forward frames until the exit frame or the end; false at the deadline. */
bool peer_frames(struct peer *p);
/* Reads until the output holds this text. */
bool peer_until(struct peer *p, const char *text);

/* Builds an exec description. */
void spec_add(struct buf *b, const char *key, const void *value, size_t len);
void spec_text(struct buf *b, const char *key, const char *value);

/* Adds a member, owned by this process's user, to a "newc" archive. */
void cpio_add(struct buf *b, const char *name, mode_t mode, const void *data, size_t len);

#endif
