/* Workers, seen from the main process: starting them, and what they ask for. */
#include "core.h"

#include "util.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef BUILD_ID
#define BUILD_ID "0"
#endif

static void call_free(struct call *call)
{
	struct core *c = call->core;
	for (struct call **p = &c->calls; *p; p = &(*p)->next)
		if (*p == call) {
			*p = call->next;
			break;
		}
	for (struct job *j = c->jobs; j; j = j->next)
		if (j->asker == call)
			j->asker = NULL;
	if (c->configurer == call)
		c->configurer = NULL;
	loop_close(&c->loop, &call->source);
	if (call->stream >= 0)
		close(call->stream);
	free(call);
}

static void request(struct call *call, const char *text, int fd)
{
	struct core *c = call->core;
	if (!strcmp(text, "configure") && fd >= 0) {
		configure_request(c, call, fd);
		return;
	}
	if (fd >= 0)
		close(fd);
	if (!strcmp(text, "sync 0") || !strcmp(text, "sync 1"))
		sync_request(c, call, text[5] == '1');
	else if (!strcmp(text, "power poweroff") || !strcmp(text, "power reboot")) {
		control_say(&c->control, "%s", text);
		calls_answer(call, "ok");
	}
	else
		calls_answer(call, "unknown request");
}

static void on_event(struct source *source, uint32_t events)
{
	struct call *call = (struct call *)source;
	(void)events;
	for (;;) {
		char text[CALL_MAX];
		int fd = -1;
		int n = call_receive(source->fd, text, &fd, MSG_DONTWAIT);
		if (n > 0) {
			request(call, text, fd);
			continue;
		}
		if (n < 0 && errno == EAGAIN)
			return;
		/* The worker is gone. */
		call_free(call);
		return;
	}
}

void calls_answer(struct call *call, const char *text)
{
	if (call)
		call_send(call->source.fd, text, -1);
}

bool calls_start(struct core *c, int worker_end, int copy)
{
	int ends[2];
	struct call *call = calloc(1, sizeof *call);
	if (!call || call_pair(ends) < 0) {
		free(call);
		return false;
	}
	/* Manifests of workspaces: on the work disk, or beside the overlay where there is none. */
	int keep[] = { worker_end, ends[1], c->disks[c->disks[1] >= 0] };
	pid_t pid = spawn_clean(keep, 3);
	if (pid == 0) {
		static struct worker w;
		w.fd = WORKER_STREAM;
		w.call = WORKER_CALL;
		w.disk = keep[2] < 0 ? -1 : WORKER_DISK;
		w.state = state_name(c->state);
		w.role = role_name(c->role);
		w.build = BUILD_ID;
		w.init = c->init;
		w.generation = c->generation;
		w.reset = c->transport == VIA_VSOCK;
		w.configured = c->state == ST_READY;
		worker_main(&w);
	}
	close(ends[1]);
	call->source.fd = ends[0];
	call->source.fn = on_event;
	call->core = c;
	call->stream = copy;
	if (pid < 0 || !loop_add(&c->loop, &call->source)) {
		close(ends[0]);
		free(call);
		return false;
	}
	call->next = c->calls;
	c->calls = call;
	return true;
}

int calls_open_stream(void *ctx, uint32_t id)
{
	struct core *c = ctx;
	int ends[2];
	(void)id;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	bool ok = !set_nonblock(ends[0]) && calls_start(c, ends[1], -1);
	close(ends[1]);
	if (ok)
		return ends[0];
	close(ends[0]);
	return -1;
}

void calls_end_streams(struct core *c)
{
	mux_end(&c->mux);
	for (struct call *call = c->calls; call; call = call->next)
		if (call->stream >= 0)
			shutdown(call->stream, SHUT_RDWR);
}
