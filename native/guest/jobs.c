/* Slow work of the main process, each piece in a child of its own. */
#include "core.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void job_free(struct job *job)
{
	for (struct job **p = &job->core->jobs; *p; p = &(*p)->next)
		if (*p == job) {
			*p = job->next;
			break;
		}
	loop_close(&job->core->loop, &job->source);
	free(job);
}

static void finish(struct job *job, const char *error)
{
	if (job->said)
		return;
	job->said = true;
	job->done(job, error);
}

static void on_event(struct source *source, uint32_t events)
{
	struct job *job = (struct job *)source;
	(void)events;
	for (;;) {
		char text[CALL_MAX];
		int n = call_receive(source->fd, text, NULL, MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			finish(job, "the process that did it ended without a word");
			job_free(job);
			return;
		}
		if (!strcmp(text, "ok"))
			finish(job, NULL);
		else if (!strncmp(text, "error ", 6))
			finish(job, text + 6);
		else if (!job->said)
			/* Lines for the host: `dirty`. */
			control_say(&job->core->control, "%.900s", text);
	}
}

void job_say(const char *fmt, ...)
{
	char text[CALL_MAX];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	call_send(JOB_FD, text, -1);
}

struct job *job_start(struct core *c, int (*fn)(void *arg), void *arg, const int *keep, int count,
		      void (*done)(struct job *, const char *error))
{
	int ends[2], all[6];
	struct job *job = calloc(1, sizeof *job);
	if (!job || call_pair(ends) < 0) {
		free(job);
		return NULL;
	}
	all[0] = ends[1];
	for (int i = 0; i < count && i < 5; i++)
		all[1 + i] = keep[i];
	pid_t pid = spawn_clean(all, 1 + count);
	if (pid == 0) {
		if (fn(arg) == 0)
			job_say("ok");
		_exit(0);
	}
	close(ends[1]);
	job->source.fd = ends[0];
	job->source.fn = on_event;
	job->core = c;
	job->done = done;
	if (pid < 0 || !loop_add(&c->loop, &job->source)) {
		close(ends[0]);
		free(job);
		return NULL;
	}
	job->next = c->jobs;
	c->jobs = job;
	return job;
}
