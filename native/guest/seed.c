#include "seed.h"

#include "inroot.h"
#include "util.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MAX = 200 };

static bool copy_meta(int fd, const struct stat *st)
{
	struct timespec times[2] = { st->st_atim, st->st_mtim };
	return fchown(fd, st->st_uid, st->st_gid) == 0 && fchmod(fd, st->st_mode & 07777) == 0 &&
	       futimens(fd, times) == 0;
}

static bool copy_file(int from, int to, const char *name, const struct stat *st)
{
	char data[65536];
	ssize_t n = -1;
	int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int out = openat(to, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool ok = in >= 0 && out >= 0;
	while (ok && (n = read(in, data, sizeof data)) > 0)
		ok = write_all(out, data, (size_t)n);
	ok = ok && n == 0 && copy_meta(out, st);
	int err = errno;
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	errno = err;
	return ok;
}

static bool copy_link(int from, int to, const char *name, const struct stat *st)
{
	char target[4096];
	ssize_t n = readlinkat(from, name, target, sizeof target - 1);
	if (n < 0)
		return false;
	target[n] = 0;
	unlinkat(to, name, 0);
	return symlinkat(target, to, name) == 0 &&
	       fchownat(to, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool copy_dir(int from, int to, const char *name, const struct stat *st, int depth)
{
	if (mkdirat(to, name, 0700) < 0 && errno != EEXIST)
		return false;
	int in = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int out = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	bool ok = in >= 0 && out >= 0 && seed_copy(in, out, depth + 1) && copy_meta(out, st);
	int err = errno;
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	errno = err;
	return ok;
}

bool seed_copy(int from, int to, int depth)
{
	int fd = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	bool ok = d != NULL;
	if (depth > DEPTH_MAX) {
		errno = ELOOP;
		ok = false;
	}
	for (struct dirent *e; ok && (e = readdir(d));) {
		struct stat st;
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		ok = fstatat(from, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0;
		if (ok && S_ISREG(st.st_mode))
			ok = copy_file(from, to, e->d_name, &st);
		else if (ok && S_ISLNK(st.st_mode))
			ok = copy_link(from, to, e->d_name, &st);
		else if (ok && S_ISDIR(st.st_mode))
			ok = copy_dir(from, to, e->d_name, &st, depth);
		/* Sockets, pipes and devices have no business in a home directory. */
	}
	int err = errno;
	if (d)
		closedir(d);
	errno = err;
	return ok;
}

bool seed_work_disk(int root, const char *disk, char error[CONFIG_ERROR])
{
	struct stat st = { .st_mode = S_IFDIR | 0700 };
	bool ok = false;
	int to = -1, from = inroot_open(root, "root", O_RDONLY | O_DIRECTORY);
	bool none = from < 0 && errno == ENOENT; /* an image without /root */
	int top = open(disk, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (top >= 0 && (mkdirat(top, "root", 0700) == 0 || errno == EEXIST))
		to = openat(top, "root", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to >= 0 && from < 0)
		ok = none;
	else if (to >= 0)
		ok = fstat(from, &st) == 0 && seed_copy(from, to, 0);
	ok = ok && copy_meta(to, &st);
	/* Everything is on the disk before the marker says so. */
	if (ok && syncfs(top) == 0) {
		int marker = openat(top, ".seeded", O_WRONLY | O_CREAT | O_CLOEXEC, 0444);
		ok = marker >= 0;
		if (ok)
			close(marker);
	}
	if (!ok)
		snprintf(error, CONFIG_ERROR, "filling the work disk: %s", strerror(errno));
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	if (top >= 0)
		close(top);
	return ok;
}
