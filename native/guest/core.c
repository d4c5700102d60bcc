#include "core.h"

#include "log.h"
#include "power.h"
#include "util.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* How long a failed boot keeps the machine, so that the host can read why. */
#define FAIL_MS 2000

const char *state_name(enum state s)
{
	static const char *const names[] = { "boot", "configuring", "ready", "quiesced", "frozen" };
	return names[s];
}

const char *role_name(enum role r)
{
	return r == ROLE_INIT ? "init" : "agent";
}

static void on_control(struct source *source, uint32_t events)
{
	struct core *c = (struct core *)((char *)source - offsetof(struct core, control_source));
	(void)events;
	/* Flush first: a full queue keeps us from reading. */
	if (!control_flush(&c->control) || !control_read(&c->control))
		core_control_gone(c);
}

bool core_control_attach(struct core *c, int fd)
{
	loop_close(&c->loop, &c->control_source);
	control_reset(&c->control);
	c->control_source.fd = fd;
	c->control.fd = fd;
	if (!loop_add(&c->loop, &c->control_source)) {
		core_control_gone(c);
		return false;
	}
	return true;
}

void core_control_gone(struct core *c)
{
	/* A virtio-serial port stays and wakes us when a host is there. It also has "nobody there" for
	   the first moment of a connection, with bytes of it read already: so the conversation goes on
	   until a NUL starts another. */
	if (c->transport == VIA_PORTS)
		return;
	/* A vsock connection is made anew (channel_tick): at once when it was in use, as after a
	   restore. */
	int64_t wait = c->control.greeted ? 0 : 50;
	control_reset(&c->control);
	loop_close(&c->loop, &c->control_source);
	c->control.fd = -1;
	c->channel_at = now_ms() + wait;
}

void core_init(struct core *c, enum role role)
{
	memset(c, 0, sizeof *c);
	c->role = role;
	c->control_source.fd = c->control.fd = c->listener.fd = c->power.fd = -1;
	c->control_source.fn = on_control;
	c->listener.fn = vsock_accept;
	c->control.on_line = state_on_line;
	c->control.on_nul = state_on_nul;
	c->control.ctx = c;
	c->disks[0] = c->disks[1] = c->archive = -1;
	strcpy(c->init, "-");
	loop_init(&c->loop);
	mux_init(&c->mux, &c->loop);
	c->mux.open_stream = calls_open_stream;
	c->mux.on_begin = state_mux_begun;
	c->mux.ctx = c;
}

void core_fail(struct core *c, const char *fmt, ...)
{
	char text[401];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	printable(c->failed, sizeof c->failed, text);
	log_line("failed: %s", c->failed);
	control_say(&c->control, "failed %s", c->failed);
	control_flush(&c->control);
	/* Before the image's init runs there is nothing to save: the machine must not hang. Later it is
	   the user's machine, and the host decides. */
	if (c->role == ROLE_INIT && !c->off_at)
		c->off_at = now_ms() + FAIL_MS;
}

static int timeout(const struct core *c)
{
	const int64_t at[] = { c->channel_at, c->channel_until, c->thaw_at, c->quiesce_at, c->off_at,
			       c->mux_at };
	int64_t first = 0;
	for (unsigned i = 0; i < countof(at); i++)
		if (at[i] && (!first || at[i] < first))
			first = at[i];
	if (!first)
		return -1;
	int64_t left = first - now_ms();
	return left < 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

void core_turn(struct core *c, int timeout_ms)
{
	bool more = mux_run(&c->mux);
	if (!control_flush(&c->control))
		core_control_gone(c);
	int wait = more ? 0 : timeout(c);
	if (wait < 0 || (timeout_ms >= 0 && timeout_ms < wait))
		wait = timeout_ms;
	loop_once(&c->loop, wait);
	/* The channel is looked for in every turn while it is missing. */
	if (c->channel_at && now_ms() >= c->channel_at)
		channel_tick(c);
	state_tick(c);
	if (c->off_at && now_ms() >= c->off_at) {
		c->off_at = 0;
		if (c->test)
			c->exiting = true;
		else
			power_cut(c->transport == VIA_VSOCK);
	}
}

void core_run(struct core *c)
{
	while (!c->leave && !c->exiting)
		core_turn(c, -1);
}
