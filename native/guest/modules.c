#include "modules.h"

#include "log.h"
#include "util.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LIST "/modules/load"

static bool directory_has(const char *path)
{
	DIR *d = opendir(path);
	bool found = false;
	for (struct dirent *e; d && !found && (e = readdir(d));)
		found = e->d_name[0] != '.';
	if (d)
		closedir(d);
	return found;
}

static bool have_virtio(unsigned id)
{
	DIR *d = opendir("/sys/bus/virtio/devices");
	bool found = false;
	for (struct dirent *e; d && !found && (e = readdir(d));) {
		char path[300];
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "/sys/bus/virtio/devices/%s/device", e->d_name);
		char *text = read_file_at(AT_FDCWD, path, 64, NULL);
		found = text && strtoul(text, NULL, 16) == id;
		free(text);
	}
	if (d)
		closedir(d);
	return found;
}

static void load_file(const char *name)
{
	char path[256];
	if (strchr(name, '/') || snprintf(path, sizeof path, "/modules/%s", name) >= (int)sizeof path) {
		log_line("module list: bad file name");
		return;
	}
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) < 0 && errno != EEXIST))
		log_line("module %s: %s", name, strerror(errno));
	if (fd >= 0)
		close(fd);
}

static void load_group(const char *group)
{
	char *text = read_file_at(AT_FDCWD, LIST, 1024 * 1024, NULL), *save = NULL;
	if (!text) {
		/* A kernel with everything built in has no list. */
		if (errno != ENOENT)
			log_line("module list: %s", strerror(errno));
		return;
	}
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char *file = strchr(line, ' ');
		if (!file)
			continue;
		*file++ = 0;
		if (!strcmp(line, group))
			load_file(file);
	}
	free(text);
}

void modules_load(const char *group)
{
	if (group[0] == 'v' && !have_virtio((unsigned)strtoul(group + 1, NULL, 10)))
		return;
	load_group(group);
}

void modules_load_transports(void)
{
	if (directory_has("/sys/bus/pci/devices"))
		load_group("pci");
	load_group("mmio");
}

void modules_forget(void)
{
	DIR *d = opendir("/modules");
	for (struct dirent *e; d && (e = readdir(d));)
		unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
}
