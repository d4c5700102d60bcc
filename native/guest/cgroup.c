/* A group of its own for each command, so that the agent's place in the hierarchy is not shared. */
#include "child.h"

#include "util.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define TOP "/sys/fs/cgroup"
#define OURS TOP "/banger"

#ifndef CGROUP2_SUPER_MAGIC
#define CGROUP2_SUPER_MAGIC 0x63677270
#endif

/* Groups whose last process went after its command's worker had gone. */
static void sweep(void)
{
	DIR *d = opendir(OURS);
	for (struct dirent *e; d && (e = readdir(d));)
		if (e->d_type == DT_DIR && e->d_name[0] == 'e')
			unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR);
	if (d)
		closedir(d);
}

bool cgroup_make(char name[64])
{
	struct statfs fs;
	name[0] = 0;
	/* Only inside a guest: the directory /run/banger is the sign of one. */
	if (access("/run/banger", F_OK) < 0 || statfs(TOP, &fs) < 0 ||
	    (unsigned long)fs.f_type != CGROUP2_SUPER_MAGIC)
		return false;
	if (mkdir(OURS, 0755) < 0 && errno != EEXIST)
		return false;
	snprintf(name, 64, OURS "/e%d", (int)getpid());
	if (mkdir(name, 0755) == 0 || errno == EEXIST)
		return true;
	name[0] = 0;
	return false;
}

bool cgroup_enter(const char *name)
{
	char path[96];
	snprintf(path, sizeof path, "%s/cgroup.procs", name);
	return *name && write_file(path, "0");
}

void cgroup_remove(const char *name)
{
	if (!*name)
		return;
	rmdir(name);
	sweep();
}

static bool populated(int group)
{
	char *text = read_file_at(group, "cgroup.events", 4096, NULL);
	bool yes = text && strstr(text, "populated 1");
	free(text);
	return yes;
}

static bool end(int group, int64_t until)
{
	int fd = openat(group, "cgroup.kill", O_WRONLY | O_CLOEXEC);
	bool asked = fd >= 0 && write_all(fd, "1", 1);
	close(fd);
	while (populated(group)) {
		if (!asked || now_ms() >= until)
			return false;
		sleep_ms(5);
	}
	return true;
}

bool cgroup_end_all(int64_t within_ms)
{
	int64_t until = now_ms() + within_ms;
	bool ok = true;
	DIR *d = opendir(OURS);
	for (struct dirent *e; d && (e = readdir(d));) {
		if (e->d_type != DT_DIR || e->d_name[0] != 'e')
			continue;
		int group = openat(dirfd(d), e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		/* Gone meanwhile: nothing is left in it. */
		if (group < 0)
			continue;
		ok &= end(group, until);
		close(group);
	}
	if (d)
		closedir(d);
	sweep();
	return ok;
}
