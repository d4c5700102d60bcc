/* Syncing, freezing and thawing the disks, and what follows a restore: all in jobs, because each may
   take as long as the disks take. */
#include "core.h"

#include "entropy.h"
#include "ledger.h"
#include "log.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where a job finds the two disks. */
enum { DISK_FD = JOB_FD + 1 };

struct plan {
	bool freeze, report, thaw, rekey;
	uint64_t time;
	uint8_t seed[32];
};

static bool present(int i)
{
	return fcntl(DISK_FD + i, F_GETFD) >= 0;
}

static void thaw_all(void)
{
	for (int i = 1; i >= 0; i--)
		if (present(i))
			ioctl(DISK_FD + i, FITHAW, 0);
}

static uint64_t dirty_kib(void)
{
	char *text = read_file_at(AT_FDCWD, "/proc/meminfo", 65536, NULL);
	uint64_t sum = 0;
	static const char *const keys[] = { "\nDirty:", "\nWriteback:" };
	for (unsigned i = 0; text && i < countof(keys); i++) {
		const char *p = strstr(text, keys[i]);
		if (p)
			sum += strtoull(p + strlen(keys[i]), NULL, 10);
	}
	free(text);
	return sum;
}

/* A helper beside the sync: its lines tell the host that something moves. */
static pid_t start_reporter(void)
{
	pid_t pid = fork();
	if (pid)
		return pid;
	signal(SIGPIPE, SIG_DFL);
	for (;;) {
		sleep_ms(200);
		if (getppid() == 1)
			_exit(0);
		job_say("dirty %llu", (unsigned long long)dirty_kib());
	}
}

static int sync_job(void *arg)
{
	const struct plan *plan = arg;
	pid_t reporter = plan->report ? start_reporter() : -1;
	const char *what = NULL;
	struct buf deliveries = { 0 };
	int ledger = DISK_FD + present(1);
	ledger_all_collect(ledger, &deliveries);
	sync();
	for (int i = 0; i < 2 && !what; i++)
		if (present(i) && syncfs(DISK_FD + i) < 0)
			what = "sync";
	if (!what)
		ledger_all_synced(ledger, &deliveries);
	buf_free(&deliveries);
	/* The overlay's upper layer is frozen last: the work disk's writers do not need it. */
	for (int i = 1; i >= 0 && !what && plan->freeze; i--)
		if (present(i) && ioctl(DISK_FD + i, FIFREEZE, 0) < 0 && errno != EBUSY)
			what = "freeze";
	int err = errno;
	if (reporter > 0) {
		kill(reporter, SIGKILL);
		waitpid(reporter, NULL, 0);
	}
	if (!what)
		return 0;
	if (plan->freeze)
		thaw_all();
	job_say("error %s: %s", what, strerror(err));
	return -1;
}

static int resume_job(void *arg)
{
	const struct plan *plan = arg;
	char error[CONFIG_ERROR];
	/* Thawed first: nothing else may wait for a disk behind our back. */
	thaw_all();
	if (!plan->thaw && !entropy_set_clock(plan->time, error)) {
		job_say("error %s", error);
		return -1;
	}
	if (plan->rekey && !entropy_add(plan->seed, error)) {
		job_say("error %s", error);
		return -1;
	}
	return 0;
}

static struct job *start(struct core *c, int (*fn)(void *), struct plan *plan,
			 void (*done)(struct job *, const char *))
{
	return job_start(c, fn, plan, c->disks, 2, done);
}

static void synced(struct job *job, const char *error)
{
	struct core *c = job->core;
	if (!error && job->kind) {
		c->frozen = true;
		state_thaw_later(c);
	}
	calls_answer(job->asker, error ? error : "ok");
}

void sync_request(struct core *c, struct call *call, bool freeze)
{
	struct plan plan = { .freeze = freeze, .report = true };
	struct job *job = start(c, sync_job, &plan, synced);
	if (!job) {
		calls_answer(call, "no process could be started");
		return;
	}
	job->asker = call;
	job->kind = freeze;
}

static void froze(struct job *job, const char *error)
{
	struct core *c = job->core;
	if (error) {
		core_fail(c, "%s", error);
		return;
	}
	/* Resumed meanwhile: what it did is undone. */
	if (c->state != ST_QUIESCED) {
		sync_thaw(c);
		return;
	}
	c->frozen = true;
	c->state = ST_FROZEN;
	state_thaw_later(c);
	control_say(&c->control, "frozen %llu", (unsigned long long)job->generation);
}

void sync_freeze_for(struct core *c, uint64_t generation)
{
	struct plan plan = { .freeze = true };
	struct job *job = start(c, sync_job, &plan, froze);
	if (job)
		job->generation = generation;
	else
		core_fail(c, "no process could be started to freeze");
}

static void thawed(struct job *job, const char *error)
{
	if (error)
		log_line("thaw: %s", error);
	job->core->frozen = false;
}

void sync_thaw(struct core *c)
{
	struct plan plan = { .thaw = true };
	start(c, resume_job, &plan, thawed);
}

static void resumed(struct job *job, const char *error)
{
	struct core *c = job->core;
	c->frozen = false;
	if (error) {
		core_fail(c, "%s", error);
		return;
	}
	c->generation = job->generation;
	if (job->kind) {
		c->state = ST_BOOT;
		c->rekey = true;
	} else if (c->state == ST_QUIESCED || c->state == ST_FROZEN)
		c->state = c->before;
	control_say(&c->control, "state %s %llu", state_name(c->state),
		    (unsigned long long)c->generation);
}

void sync_resume(struct core *c, uint64_t generation, const char *kind, uint64_t time,
		 const uint8_t seed[32])
{
	struct plan plan = { .rekey = !strcmp(kind, "rekey"), .time = time };
	memcpy(plan.seed, seed, sizeof plan.seed);
	struct job *job = start(c, resume_job, &plan, resumed);
	explicit_bzero(&plan, sizeof plan);
	if (!job) {
		core_fail(c, "no process could be started to resume");
		return;
	}
	job->generation = generation;
	job->kind = plan.rekey || !strcmp(kind, "rekey");
}
