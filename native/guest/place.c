#include "prepare.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { DEPTH_MAX = 1000 };

static bool remove_empty(int dir, const char *name, int depth)
{
	if (unlinkat(dir, name, AT_REMOVEDIR) == 0)
		return true;
	if ((errno != ENOTEMPTY && errno != EEXIST) || depth > DEPTH_MAX)
		return false;
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	bool ok = d != NULL;
	for (struct dirent *e; ok && (e = readdir(d));)
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			ok = remove_empty(fd, e->d_name, depth + 1);
	if (d)
		closedir(d);
	return ok && unlinkat(dir, name, AT_REMOVEDIR) == 0;
}

bool place_remove_empty(int dir, const char *name)
{
	return remove_empty(dir, name, 0);
}

bool place_partial(int dir, const char *name)
{
	if (renameat(dir, PARTIAL, dir, name) == 0)
		return true;
	if (errno != EISDIR && errno != ENOTEMPTY && errno != EEXIST)
		return false;
	if (place_remove_empty(dir, name))
		return renameat(dir, PARTIAL, dir, name) == 0;
	errno = ENOTEMPTY;
	return false;
}

int place_open(int dir, mode_t mode)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(dir, PARTIAL, flags, mode);
	/* What a delivery that was cut off left here. */
	if (fd < 0 && errno == EEXIST && unlinkat(dir, PARTIAL, 0) == 0)
		fd = openat(dir, PARTIAL, flags, mode);
	return fd;
}

bool place_link(int dir, const char *target)
{
	return symlinkat(target, dir, PARTIAL) == 0 ||
	       (errno == EEXIST && unlinkat(dir, PARTIAL, 0) == 0 && symlinkat(target, dir, PARTIAL) == 0);
}

void place_remove(struct workspace *ws, const char *path, size_t len)
{
	const char *name;
	char part[ENTRY_PATH + 1];
	int dir = descent_parent(&ws->descent, path, len, false, &name);
	if (dir < 0 || (unlinkat(dir, name, 0) < 0 && (errno != EISDIR || unlinkat(dir, name, AT_REMOVEDIR) < 0)))
		return;
	memcpy(part, path, len);
	for (;;) {
		char *slash = memrchr(part, '/', len);
		if (!slash)
			return;
		len = (size_t)(slash - part);
		part[len] = 0;
		dir = descent_parent(&ws->descent, part, len, false, &name);
		if (dir < 0 || unlinkat(dir, name, AT_REMOVEDIR) < 0)
			return;
	}
}
