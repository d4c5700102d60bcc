/* A worker: one process for one stream, plain blocking I/O, so that whatever it parses or waits for
   touches nobody else. */
#ifndef BANGER_WORKER_H
#define BANGER_WORKER_H

#include "http.h"

#include <stdbool.h>
#include <stdint.h>

/* What a worker knows of the main process: a copy from the moment it was forked. */
struct worker {
	int fd;                /* the stream */
	int call;              /* to the main process */
	int disk;              /* a directory out of the image's sight, for manifests; -1 none */
	int root;              /* of the image */
	bool fast;             /* tests: disks are not waited for */
	const char *state, *build, *role;
	const char *init;
	uint64_t generation;
	bool reset;            /* this machine ends by a reset only */
	bool configured;       /* requests that need the image's root are answered */
	struct http http;
};

/* Their numbers after spawn_clean(). */
enum { WORKER_STREAM = 3, WORKER_CALL, WORKER_DISK };

void worker_main(struct worker *w) __attribute__((noreturn));
/* Answers one request on w->fd. */
void worker_serve(struct worker *w);
/* Asks the main process and waits; false when it said no (text holds the reason). */
bool worker_ask(struct worker *w, const char *verb, int fd, char text[1024]);

/* The requests, one file each. */
void serve_healthz(struct worker *w);
void serve_ports(struct worker *w);
void serve_exec(struct worker *w);
void serve_configure(struct worker *w);
void serve_files_in(struct worker *w, const char *path);
void serve_files_out(struct worker *w, const char *path);
void serve_sync(struct worker *w);
void serve_seed(struct worker *w);
void serve_settle(struct worker *w);
void serve_shrink(struct worker *w);
void serve_quit(struct worker *w);
void serve_power(struct worker *w);
void serve_forward(struct worker *w);
void serve_workspace(struct worker *w, const char *path);
/* The image's sshd, or NULL. */
const char *find_sshd(void);

#endif
