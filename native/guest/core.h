/* The main process: it owns the channel, the state and everything that must happen one at a time.
   It never waits for a disk, a stream or a child. */
#ifndef BANGER_CORE_H
#define BANGER_CORE_H

#include "control.h"
#include "loop.h"
#include "mux.h"
#include "spawn.h"
#include "worker.h"

#include <stdbool.h>
#include <stdint.h>

enum state { ST_BOOT, ST_CONFIGURING, ST_READY, ST_QUIESCED, ST_FROZEN };
enum role { ROLE_INIT, ROLE_AGENT };
enum transport { VIA_NONE, VIA_PORTS, VIA_VSOCK };

struct core;

/* A forked child that does one slow thing and says how it went. */
struct job {
	struct source source;      /* its messages */
	struct core *core;
	struct job *next;
	struct call *asker;        /* the worker that waits for the outcome, or NULL */
	bool said;                 /* it told its outcome */
	void (*done)(struct job *job, const char *error);
	uint64_t generation;
	int kind;                  /* for done() */
};

/* Main's side of a worker. It is there as long as the worker lives. */
struct call {
	struct source source;
	struct core *core;
	struct call *next;
	int stream;                /* vsock: a copy of the worker's socket, to end it; else -1 */
};

struct core {
	struct loop loop;
	struct source control_source;
	struct control control;
	struct mux mux;
	enum transport transport;
	struct source listener;    /* vsock */
	struct source power;       /* what the image's init says at its end */
	enum role role;
	enum state state, before;  /* before: where `resumed` goes back to */
	uint64_t generation;
	char init[64];             /* path of the init that was run */
	char failed[401];
	int disks[2];              /* directories on vdb and vdc, for freezing; -1 unknown */
	bool frozen;
	struct call *calls;
	struct job *jobs;
	/* Configuration */
	bool rekey;                /* what is applied next makes another machine of this one */
	bool base_ready;           /* role init: image and overlay are mounted */
	int archive;               /* the archive that waits or is being applied; -1 */
	int64_t archive_at;        /* when it came: the time in it is older by what passed since */
	struct call *configurer;
	bool leave;                /* role init: everything applied, hand over */
	/* Deadlines in now_ms(), 0: none */
	int64_t channel_at, channel_until, thaw_at, quiesce_at, off_at, mux_at, mux_until;
	uint8_t mux_nonce[MUX_NONCE]; /* of the session that waits for its port */
	uint64_t quiesce_generation;
	char *stirred;             /* memory written to for a save (`stir`) */
	size_t stirred_bytes;
	bool exiting;              /* tests: leave core_run */
	bool test;                 /* tests: no machine to switch off, no disks to mount */
};

void core_init(struct core *c, enum role role);
/* Runs until `leave` (role init) or for ever. */
void core_run(struct core *c);
void core_turn(struct core *c, int timeout_ms);
void core_control_gone(struct core *c);
bool core_control_attach(struct core *c, int fd);
void core_fail(struct core *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
const char *state_name(enum state s);
const char *role_name(enum role r);

/* state.c: lines of control */
void state_on_line(void *ctx, char *line, bool start);
void state_on_nul(void *ctx);
void state_mux_begun(void *ctx, const uint8_t nonce[MUX_NONCE]);
void state_tick(struct core *c);
void state_thaw_later(struct core *c);

/* calls.c: workers, seen from the main process */
int calls_open_stream(void *ctx, uint32_t id);
/* Starts a worker on a connected socket of its own (vsock). */
bool calls_start(struct core *c, int worker_end, int copy);
void calls_answer(struct call *call, const char *text);
void calls_end_streams(struct core *c);

/* jobs.c */
struct job *job_start(struct core *c, int (*fn)(void *arg), void *arg, const int *keep, int count,
		      void (*done)(struct job *, const char *error));
/* In the job's child: JOB_FD is where it reports to. */
enum { JOB_FD = 3 };
void job_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* configure.c */
void configure_request(struct core *c, struct call *call, int archive);
void configure_start(struct core *c);
/* In force: says ready, answers the worker. */
void configure_done(struct core *c);
/* The opposite: says failed, answers the worker. */
void configure_undone(struct core *c, const char *what, const char *why);

/* sync.c */
void sync_request(struct core *c, struct call *call, bool freeze);
void sync_freeze_for(struct core *c, uint64_t generation);
void sync_thaw(struct core *c);
void sync_resume(struct core *c, uint64_t generation, const char *kind, uint64_t time,
		 const uint8_t seed[32]);

/* channel.c */
void channel_tick(struct core *c);
bool channel_open_streams(struct core *c);
int channel_find_port(const char *name);

/* vsock.c */
bool vsock_open(struct core *c);
void vsock_connect_control(struct core *c);
void vsock_accept(struct source *source, uint32_t events);
/* The peer's context id, or -1 when it is no vsock. */
long vsock_peer(int fd);

#endif
