/* Taking a configuration: one at a time, checked by the worker that received it, applied by a job,
   answered when it is in force. */
#include "core.h"

#include "apply.h"
#include "boot.h"
#include "util.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static void forget(struct core *c)
{
	if (c->archive >= 0)
		close(c->archive);
	c->archive = -1;
}

static void refused(struct core *c, const char *error)
{
	char text[CALL_MAX];
	struct call *asker = c->configurer;
	snprintf(text, sizeof text, "%.900s", error);
	c->configurer = NULL;
	c->state = ST_BOOT;
	forget(c);
	core_fail(c, "%.380s", text);
	calls_answer(asker, text);
}

static void applied(struct job *job, const char *error)
{
	struct core *c = job->core;
	if (error) {
		refused(c, error);
		return;
	}
	forget(c);
	c->failed[0] = 0;
	boot_find_disks(c);
	if (c->role == ROLE_INIT) {
		/* The worker is answered by the agent, from inside the new root. */
		c->leave = true;
		return;
	}
	configure_done(c);
}

void configure_done(struct core *c)
{
	struct call *asker = c->configurer;
	c->configurer = NULL;
	c->rekey = false;
	c->state = ST_READY;
	control_say(&c->control, "ready");
	calls_answer(asker, "ok");
}

void configure_undone(struct core *c, const char *what, const char *why)
{
	char text[300];
	snprintf(text, sizeof text, "%.100s: %.180s", what, why);
	refused(c, text);
}

void configure_start(struct core *c)
{
	if (c->archive < 0 || (c->role == ROLE_INIT && !c->base_ready))
		return;
	static struct apply_plan plan;
	plan.in_init = c->role == ROLE_INIT;
	plan.rekey = c->rekey;
	plan.has_work_disk = c->disks[1] >= 0;
	plan.test = c->test;
	plan.received_at = c->archive_at;
	const int keep[] = { c->archive, c->disks[0], c->disks[1] };
	if (!job_start(c, apply_job, &plan, keep, countof(keep), applied))
		refused(c, "no process could be started to apply the configuration");
}

void configure_request(struct core *c, struct call *call, int archive)
{
	if (c->state != ST_BOOT && c->state != ST_READY) {
		close(archive);
		calls_answer(call, "busy");
		return;
	}
	c->state = ST_CONFIGURING;
	c->configurer = call;
	c->archive = archive;
	c->archive_at = now_ms();
	configure_start(c);
}
