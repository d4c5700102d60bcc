#include "settle.h"

#include "child.h"
#include "log.h"
#include "util.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* Without systemd nobody says that a boot is over: this long nothing was started and no disk used. */
#define QUIET_MS 1000
#define LOOK_MS 100
/* Left alone when free memory is filled: the kernel wants some at any moment. */
#define SPARE_KIB (24 * 1024)
#define PIECE (4UL << 20)

bool settle_forks(const char *proc_stat, uint64_t *out)
{
	static const char key[] = "\nprocesses ";
	const char *line = strstr(proc_stat, key);
	/* A line without a figure must not borrow one from the next. */
	if (!line || line[sizeof key - 1] < '0' || line[sizeof key - 1] > '9')
		return false;
	*out = strtoull(line + sizeof key - 1, NULL, 10);
	return true;
}

bool settle_sectors(const char *diskstats, const char *disk, uint64_t *out)
{
	for (const char *line = diskstats; line && *line; line = strchr(line, '\n')) {
		unsigned long long read, written;
		char name[33];
		line += *line == '\n';
		if (sscanf(line, "%*u %*u %32s %*u %*u %llu %*u %*u %*u %llu", name, &read, &written) == 3 &&
		    !strcmp(name, disk)) {
			*out = read + written;
			return true;
		}
	}
	return false;
}

bool settle_memory(const char *meminfo, const char *key, uint64_t *kib)
{
	size_t n = strlen(key);
	for (const char *line = meminfo; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, key, n) && line[n] == ':') {
			*kib = strtoull(line + n + 1, NULL, 10);
			return true;
		}
	}
	return false;
}

static bool figure(const char *path, bool (*of)(const char *text, uint64_t *out), uint64_t *out)
{
	char *text = read_file_at(AT_FDCWD, path, 1 << 20, NULL);
	bool ok = text && of(text, out);
	free(text);
	return ok;
}

static bool overlay_sectors(const char *text, uint64_t *out)
{
	return settle_sectors(text, "vdb", out);
}

/* A command of the image's, its first line of output; -1 when it was not run or took too long. */
static int ask(char *const argv[], int64_t until, char *line, size_t size)
{
	static char *env[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", NULL };
	struct user u = { .name = "root", .group_count = 1 };
	int out[2], status = -1;
	size_t n = 0;
	*line = 0;
	if (pipe2(out, O_CLOEXEC) < 0)
		return -1;
	pid_t pid = fork();
	if (pid == 0) {
		dup2(out[1], 1);
		child_become(&u, "/", true);
		execve(argv[0], argv, env);
		_exit(127);
	}
	close(out[1]);
	while (pid > 0 && n + 1 < size) {
		struct pollfd p = { out[0], POLLIN, 0 };
		int64_t left = until - now_ms();
		if (left <= 0 || poll(&p, 1, (int)left) <= 0) {
			kill(pid, SIGKILL);
			break;
		}
		ssize_t got = read(out[0], line + n, size - 1 - n);
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	close(out[0]);
	line[n] = 0;
	line[strcspn(line, "\n")] = 0;
	if (pid <= 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

/* Everybody is up and no job waits: systemd says so itself. */
static bool systemd_settled(int64_t until, char *why, size_t size)
{
	static char *state[] = { "/bin/systemctl", "is-system-running", "--wait", NULL };
	static char *jobs[] = { "/bin/systemctl", "list-jobs", "--no-legend", "--no-pager", NULL };
	static char *events[] = { "/bin/udevadm", "settle", NULL };
	char line[200];
	/* Right after its start it does not answer yet. */
	while (ask(state, until, line, sizeof line), strcmp(line, "running") && strcmp(line, "degraded")) {
		if (now_ms() >= until) {
			snprintf(why, size, "systemd is %.80s", *line ? line : "not answering");
			return false;
		}
		sleep_ms(LOOK_MS);
	}
	while (ask(jobs, until, line, sizeof line) == 0 && *line) {
		if (now_ms() >= until) {
			snprintf(why, size, "systemd still has the job %.150s", line);
			return false;
		}
		sleep_ms(LOOK_MS);
	}
	ask(events, until, line, sizeof line);
	return true;
}

static bool quiet(int64_t until, char *why, size_t size)
{
	uint64_t forks = 0, sectors = 0;
	int64_t since = now_ms();
	for (;;) {
		uint64_t f = 0, s = 0;
		figure("/proc/stat", settle_forks, &f);
		figure("/proc/diskstats", overlay_sectors, &s);
		if (f != forks || s != sectors)
			since = now_ms();
		forks = f;
		sectors = s;
		if (now_ms() - since >= QUIET_MS)
			return true;
		if (now_ms() >= until) {
			snprintf(why, size, "its init goes on starting processes or using its disk");
			return false;
		}
		sleep_ms(LOOK_MS);
	}
}

/* Who still looks at the work disk: what comes back from the template will have another one. */
static bool work_disk_unused(char *why, size_t size)
{
	DIR *proc = opendir("/proc");
	bool unused = true;
	for (struct dirent *e; unused && proc && (e = readdir(proc));) {
		char path[300];
		if (e->d_name[0] < '1' || e->d_name[0] > '9')
			continue;
		snprintf(path, sizeof path, "/proc/%s/fd", e->d_name);
		DIR *fds = opendir(path);
		for (struct dirent *f; unused && fds && (f = readdir(fds));) {
			char target[64];
			ssize_t n = readlinkat(dirfd(fds), f->d_name, target, sizeof target - 1);
			if (n <= 0)
				continue;
			target[n] = 0;
			if (!strcmp(target, "/dev/vdc")) {
				snprintf(why, size, "process %s holds /dev/vdc open", e->d_name);
				unused = false;
			}
		}
		if (fds)
			closedir(fds);
	}
	if (proc)
		closedir(proc);
	return unused;
}

static bool init_is_systemd(void)
{
	char exe[256];
	ssize_t n = readlink("/proc/1/exe", exe, sizeof exe - 1);
	if (n <= 0)
		return false;
	exe[n] = 0;
	const char *name = strrchr(exe, '/');
	return name && !strcmp(name, "/systemd");
}

bool settle_wait(const char *init, int64_t within_ms, char *why, size_t size)
{
	int64_t until = now_ms() + within_ms;
	/* The agent is the init: there is nobody to wait for. */
	bool still = !strcmp(init, "agent") ||
		     (init_is_systemd() ? systemd_settled(until, why, size) : quiet(until, why, size));
	return still && work_disk_unused(why, size);
}

void settle_init(int64_t within_ms)
{
	int64_t until = now_ms() + within_ms;
	while (init_is_systemd() && access("/run/systemd/private", F_OK) < 0 && now_ms() < until)
		sleep_ms(20);
}

/* In a process of its own: what it took goes back at once when it ends, and the kernel's choice of whom
   to end for want of memory falls on it. */
static void fill(void)
{
	write_file("/proc/self/oom_score_adj", "1000");
	for (;;) {
		uint64_t free_kib = 0;
		char *text = read_file_at(AT_FDCWD, "/proc/meminfo", 65536, NULL);
		bool known = text && settle_memory(text, "MemFree", &free_kib);
		free(text);
		if (!known || free_kib < SPARE_KIB + PIECE / 1024)
			return;
		/* Whatever is mapped for the first time the kernel has filled with zeroes. */
		if (mmap(NULL, PIECE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0) ==
		    MAP_FAILED)
			return;
	}
}

bool settle_shrink(char *why, size_t size)
{
	sync();
	if (!write_file("/proc/sys/vm/drop_caches", "3")) {
		snprintf(why, size, "caches: %s", strerror(errno));
		return false;
	}
	write_file("/proc/sys/vm/compact_memory", "1");
	pid_t pid = fork();
	if (pid == 0) {
		fill();
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, NULL, 0) != pid) {
		snprintf(why, size, "filling free memory: %s", strerror(errno));
		return false;
	}
	return true;
}
