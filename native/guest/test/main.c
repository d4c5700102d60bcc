#include "test.h"

#include "../util.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool failed;
static uint32_t seed = 1;
static char top[64];
static int dirs;

void test_fail(const char *file, int line, const char *fmt, ...)
{
	va_list ap;
	failed = true;
	printf("  %s:%d: ", file, line);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

void test_seed(uint32_t s)
{
	seed = s ? s : 1;
}

uint32_t test_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed;
}

const char *test_dir(void)
{
	static char path[100];
	snprintf(path, sizeof path, "%s/%d", top, dirs++);
	mkdir(path, 0755);
	return path;
}

const char *test_path(const char *dir, const char *name)
{
	static char paths[8][8192];
	static int next;
	char *p = paths[next++ % 8];
	snprintf(p, sizeof paths[0], "%s/%s", dir, name);
	return p;
}

bool test_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	bool ok = fd >= 0 && write_all(fd, text, strlen(text));
	if (fd >= 0)
		close(fd);
	return ok;
}

const char *test_read(const char *path)
{
	static char *text;
	free(text);
	text = read_file_at(AT_FDCWD, path, 1 << 20, NULL);
	return text;
}

int test_open_fds(void)
{
	int n = 0;
	DIR *d = opendir("/proc/self/fd");
	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static bool tell(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write_all(fd, text, strlen(text));
	if (fd >= 0)
		close(fd);
	return ok;
}

/* The program runs as root in its guest: give files to root, become another user. An ordinary user tests
   it as root of a namespace in which nobody else is; where there is none, only root can test it. */
static bool become_root(void)
{
	char uids[32], gids[32];
	snprintf(uids, sizeof uids, "0 %u 1", (unsigned)getuid());
	snprintf(gids, sizeof gids, "0 %u 1", (unsigned)getgid());
	return unshare(CLONE_NEWUSER) == 0 && tell("/proc/self/setgroups", "deny") &&
	       tell("/proc/self/uid_map", uids) && tell("/proc/self/gid_map", gids);
}

int main(int argc, char **argv)
{
	if (getuid() != 0 && !become_root()) {
		printf("guest-test: needs root or a user namespace, and there is none for uid %u: %m\n",
		       (unsigned)getuid());
		return 2;
	}
	const struct test *const tables[] = {
		util_tests, control_tests, mux_tests, http_tests, exec_tests, tar_tests,
		config_tests, ports_tests, prepare_tests, scan_tests, hostile_tests, modprobe_tests, connections_tests,
		settle_tests, core_tests, fuzz_tests,
	};
	int passed = 0, bad = 0;
	strcpy(top, "/tmp/banger-guest-test-XXXXXX");
	if (!mkdtemp(top))
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	umask(022);
	for (size_t t = 0; t < countof(tables); t++)
		for (const struct test *test = tables[t]; test->name; test++) {
			if (argc > 1 && !strstr(test->name, argv[1]))
				continue;
			int64_t start = now_ms();
			failed = false;
			test_seed(2463534242u);
			test->fn();
			printf("%s %s (%d ms)\n", failed ? "FAIL" : "ok  ", test->name,
			       (int)(now_ms() - start));
			failed ? bad++ : passed++;
		}
	nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	printf("%d passed, %d failed\n", passed, bad);
	return bad != 0;
}
