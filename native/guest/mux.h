/* Many streams over one byte pipe: frames, credits, and the start of a session. docs/protocol.md,
   "Streams session". Every stream is a socket whose other end a worker process holds. */
#ifndef BANGER_MUX_H
#define BANGER_MUX_H

#include "loop.h"
#include "spans.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MUX_HEADER = 12,
	MUX_PAYLOAD = 65536,
	MUX_WINDOW = 262144,
	MUX_STREAMS = 256,
	MUX_NONCE = 16,
	MUX_REFUSED = 64,
};

enum mux_type { MUX_OPEN = 1, MUX_DATA, MUX_CREDIT, MUX_END, MUX_RESET };

struct mux;

struct stream {
	struct source source;   /* our end of the socket */
	struct mux *mux;
	uint32_t id;
	bool readable, writable; /* as the last event said, until a call said EAGAIN */
	bool host_ended, told_worker; /* END came; and was passed on */
	bool ended;             /* our END is sent */
	bool deaf;              /* the worker reads no more: what comes is dropped, and credited */
	int64_t host_credit;    /* what the host may still send */
	int64_t credit;         /* what we may still send */
	uint32_t give;          /* bytes passed on and not credited yet */
	uint8_t *in;            /* what the worker's socket had no room for: at most the window */
	size_t in_off, in_len, in_cap;
};

enum mux_mode {
	MUX_IDLE,    /* no session: the pipe is not read */
	MUX_SEEK,    /* dropping bytes up to the nonce */
	MUX_SESSION,
};

struct mux {
	struct loop *loop;
	struct source source;   /* the pipe; fd -1 while closed */
	enum mux_mode mode;
	bool readable, writable;
	bool heard;             /* the pipe took bytes in this session: the host is there */
	uint8_t nonce[MUX_NONCE];
	struct spans used;      /* stream numbers of this session */
	struct stream *streams[MUX_STREAMS];
	unsigned count, turn;
	uint32_t refused[MUX_REFUSED]; /* numbers still to be answered with RESET */
	unsigned refused_count;
	bool blocked;           /* an OPEN waits for room in that list */
	uint8_t old[MUX_NONCE]; /* the last bytes consumed: a nonce may begin in them */
	size_t old_len;
	uint8_t in[MUX_HEADER + MUX_PAYLOAD];
	size_t in_len;
	uint8_t out[2 * (MUX_HEADER + MUX_PAYLOAD)];
	size_t out_off, out_len;
	/* Starts a worker; returns our end of its socket (non-blocking) or -1. */
	int (*open_stream)(void *ctx, uint32_t id);
	void (*on_begin)(void *ctx, const uint8_t nonce[MUX_NONCE]);
	void *ctx;
};

void mux_init(struct mux *m, struct loop *loop);
/* Takes the pipe (non-blocking) and watches it. */
bool mux_attach(struct mux *m, int fd);
/* Ends the session and closes the pipe. */
void mux_detach(struct mux *m);
/* Ends the session there may be and looks for the nonce of a new one. */
void mux_begin(struct mux *m, const uint8_t nonce[MUX_NONCE]);
/* Ends the session: every worker sees its stream close. The pipe is not read any more. */
void mux_end(struct mux *m);
/* Moves what can be moved, a bounded amount; true when there is more to do at once. */
bool mux_run(struct mux *m);

/* mux_stream.c */
struct stream *mux_find(struct mux *m, uint32_t id);
bool stream_open(struct mux *m, uint32_t id);
void stream_free(struct stream *s);
/* One frame for a stream; false when it breaks the rules. */
bool stream_frame(struct mux *m, unsigned type, uint32_t id, const uint8_t *payload, size_t len);
/* Appends this stream's next frame to m->out; false when it has none. It may free the stream. */
bool stream_emit(struct stream *s);
void mux_put_header(uint8_t *at, size_t len, uint32_t id, unsigned type);

#endif
