#include "inroot.h"

#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What is read to be compared or merged. */
#define FILE_MAX (16 * 1024 * 1024)

int inroot_open(int root, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	return (int)syscall(SYS_openat2, root, path, &how, sizeof how);
}

int inroot_parent(int root, const char *path, bool make, const char **name)
{
	char head[4096];
	size_t len = strlen(path);
	const char *slash = strrchr(path, '/');
	*name = slash ? slash + 1 : path;
	if (len >= sizeof head) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (!slash)
		return inroot_open(root, ".", O_PATH | O_DIRECTORY);
	memcpy(head, path, (size_t)(slash - path));
	head[slash - path] = 0;
	return make ? inroot_dir(root, head, 0755) : inroot_open(root, head, O_PATH | O_DIRECTORY);
}

int inroot_dir(int root, const char *path, mode_t mode)
{
	int fd = inroot_open(root, path, O_PATH | O_DIRECTORY);
	if (fd >= 0 || errno != ENOENT)
		return fd;
	const char *name;
	int parent = inroot_parent(root, path, true, &name);
	if (parent < 0)
		return -1;
	bool made = mkdirat(parent, name, mode) == 0;
	/* Not left to the umask. */
	if (made && fchmodat(parent, name, mode, 0) < 0)
		made = false;
	int err = errno;
	close(parent);
	if (!made) {
		/* Also a link to nowhere: mkdir does not follow it. */
		errno = err;
		return -1;
	}
	return inroot_open(root, path, O_PATH | O_DIRECTORY);
}

static bool same_owner(const struct stat *st, const struct inroot_owner *o)
{
	return (st->st_mode & 07777) == (o->mode & 07777) && st->st_uid == o->uid && st->st_gid == o->gid;
}

static bool unchanged(int dir, const char *name, const void *data, size_t len,
		      const struct inroot_owner *o)
{
	struct stat st;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode) ||
	    (size_t)st.st_size != len || !same_owner(&st, o))
		return false;
	size_t n;
	char *old = read_file_at(dir, name, FILE_MAX, &n);
	bool same = old && n == len && !memcmp(old, data, len);
	free(old);
	return same;
}

static bool replace(int dir, const char *name, const void *data, size_t len,
		    const struct inroot_owner *o)
{
	char temp[64];
	struct stat st;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return false;
	}
	snprintf(temp, sizeof temp, ".banger-%d", (int)getpid());
	unlinkat(dir, temp, 0);
	int fd = openat(dir, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	bool ok = write_all(fd, data, len) && fchown(fd, o->uid, o->gid) == 0 &&
		  fchmod(fd, o->mode & 07777) == 0;
	int err = errno;
	close(fd);
	if (ok && renameat(dir, temp, dir, name) == 0)
		return true;
	if (ok)
		err = errno;
	unlinkat(dir, temp, 0);
	errno = err;
	return false;
}

bool inroot_put(int root, const char *path, const void *data, size_t len, const struct inroot_owner *o)
{
	const char *name;
	int dir = inroot_parent(root, path, true, &name);
	if (dir < 0)
		return false;
	bool ok = unchanged(dir, name, data, len, o) || replace(dir, name, data, len, o);
	int err = errno;
	close(dir);
	errno = err;
	return ok;
}

bool inroot_put_text(int root, const char *path, const char *text)
{
	struct inroot_owner o = { 0644, 0, 0 };
	return inroot_put(root, path, text, strlen(text), &o);
}

bool inroot_put_dir(int root, const char *path, const struct inroot_owner *o)
{
	const char *name;
	struct stat st;
	int dir = inroot_parent(root, path, true, &name);
	if (dir < 0)
		return false;
	close(dir);
	int fd = inroot_dir(root, path, o->mode & 07777);
	if (fd < 0)
		return false;
	/* Through the descriptor: path may be a link to a directory. */
	bool ok = fstat(fd, &st) == 0;
	if (ok && !same_owner(&st, o)) {
		char self[64];
		snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
		ok = fchownat(fd, "", o->uid, o->gid, AT_EMPTY_PATH) == 0 &&
		     chmod(self, o->mode & 07777) == 0;
	}
	close(fd);
	return ok;
}

bool inroot_put_link(int root, const char *path, const char *target, const struct inroot_owner *o)
{
	const char *name;
	char old[4096], temp[64];
	int dir = inroot_parent(root, path, true, &name);
	if (dir < 0)
		return false;
	ssize_t n = readlinkat(dir, name, old, sizeof old);
	bool ok = n >= 0 && (size_t)n == strlen(target) && !memcmp(old, target, (size_t)n);
	if (!ok) {
		snprintf(temp, sizeof temp, ".banger-%d", (int)getpid());
		unlinkat(dir, temp, 0);
		ok = symlinkat(target, dir, temp) == 0 &&
		     fchownat(dir, temp, o->uid, o->gid, AT_SYMLINK_NOFOLLOW) == 0 &&
		     renameat(dir, temp, dir, name) == 0;
		if (!ok) {
			int err = errno;
			unlinkat(dir, temp, 0);
			errno = err;
		}
	}
	int err = errno;
	close(dir);
	errno = err;
	return ok;
}

bool inroot_exists(int root, const char *path)
{
	const char *name;
	struct stat st;
	int dir = inroot_parent(root, path, false, &name);
	if (dir < 0)
		return false;
	bool there = fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
	close(dir);
	return there;
}

static bool has_line(const char *text, size_t len, const char *line, size_t n)
{
	while (len) {
		const char *end = memchr(text, '\n', len);
		size_t k = end ? (size_t)(end - text) : len;
		if (k == n && !memcmp(text, line, n))
			return true;
		text += end ? k + 1 : k;
		len -= end ? k + 1 : k;
	}
	return false;
}

bool inroot_merge(int root, const char *path, const char *text, size_t len, const struct inroot_owner *o)
{
	struct buf old = { 0 }, add = { 0 };
	struct stat st;
	bool ok = true;
	int fd = inroot_open(root, path, O_RDWR | O_APPEND | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && errno != ENOENT)
		return false;
	if (fd >= 0) {
		char chunk[16384];
		ssize_t n;
		ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= FILE_MAX;
		while (ok && (n = read(fd, chunk, sizeof chunk)) > 0)
			ok = old.len < FILE_MAX && buf_add(&old, chunk, (size_t)n);
		if (!ok)
			errno = EINVAL;
	}
	if (ok && old.len && old.p[old.len - 1] != '\n')
		ok = buf_add(&add, "\n", 1);
	size_t before = add.len;
	while (ok && len) {
		const char *end = memchr(text, '\n', len);
		size_t n = end ? (size_t)(end - text) : len;
		if (n && !has_line(old.p, old.len, text, n) && !has_line(add.p, add.len, text, n))
			ok = buf_add(&add, text, n) && buf_add(&add, "\n", 1);
		text += end ? n + 1 : n;
		len -= end ? n + 1 : n;
	}
	/* In place: owner, mode, links to the file and its inode stay what they are. */
	if (ok && fd >= 0 && add.len > before)
		ok = write_all(fd, add.p, add.len);
	else if (ok && fd < 0)
		ok = inroot_put(root, path, add.p ? add.p : "", add.len, o);
	int err = errno;
	if (fd >= 0)
		close(fd);
	buf_free(&old);
	buf_free(&add);
	errno = err;
	return ok;
}
