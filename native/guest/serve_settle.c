/* POST /seed, /settle, /quit and /shrink: what a machine is asked for before it is saved for others. */
#include "child.h"
#include "disks.h"
#include "settle.h"
#include "util.h"
#include "worker.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST_S = 600, QUIT_WITHIN_MS = 10000 };

void serve_seed(struct worker *w)
{
	char error[CONFIG_ERROR];
	if (disks_is_mounted("/root"))
		http_error(w->fd, 409, "the work disk is in use");
	else if (disks_seed_work(w->root, error))
		http_answer(w->fd, 200, "", 0);
	else
		http_error(w->fd, 500, "%s", error);
}

void serve_settle(struct worker *w)
{
	char *within = http_param(&w->http, "within"), *stage = http_param(&w->http, "stage"), why[300];
	uint64_t seconds = 0;
	bool init = stage && !strcmp(stage, "init");
	if (!within || !parse_u64(within, LONGEST_S, &seconds))
		http_error(w->fd, 400, "within is not a number of seconds up to %d", LONGEST_S);
	else if (stage && !init)
		http_error(w->fd, 400, "stage is not init");
	else if (init) {
		settle_init((int64_t)seconds * 1000);
		http_answer(w->fd, 200, "", 0);
	} else if (settle_wait(w->init, (int64_t)seconds * 1000, why, sizeof why))
		http_answer(w->fd, 200, "", 0);
	else
		http_error(w->fd, 500, "%s", why);
	free(within);
	free(stage);
}

void serve_quit(struct worker *w)
{
	if (cgroup_end_all(QUIT_WITHIN_MS))
		http_answer(w->fd, 200, "", 0);
	else
		http_error(w->fd, 500, "a process that a command left behind does not end");
}

void serve_shrink(struct worker *w)
{
	char why[300];
	if (settle_shrink(why, sizeof why))
		http_answer(w->fd, 200, "", 0);
	else
		http_error(w->fd, 500, "%s", why);
}
