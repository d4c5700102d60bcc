#include "tar.h"

#include "util.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DEPTH_MAX = 900, LINKS_MAX = 65536, OUT = 65536 };

/* Files with more than one name: the later ones become links to the first. */
struct seen {
	dev_t dev;
	ino_t ino;
	char *path;
};

struct create {
	struct tar_sink *sink;
	char *error;
	bool sink_failed;
	dev_t dev;                /* other mounts are not entered */
	struct seen *seen;
	size_t seen_count, seen_room;
	char path[TAR_PATH];
	struct tar_entry entry;
	size_t len;
	uint8_t out[OUT];
};

static bool fail(struct create *c, const char *path)
{
	char shown[200];
	printable(shown, sizeof shown, path);
	snprintf(c->error, TAR_ERROR, "%s: %s", shown, strerror(errno));
	return false;
}

static bool flush(struct create *c)
{
	if (c->len && !c->sink->write(c->sink->ctx, c->out, c->len)) {
		c->sink_failed = true;
		return false;
	}
	c->len = 0;
	return true;
}

static bool add(struct create *c, const void *data, size_t len)
{
	const uint8_t *p = data;
	while (len) {
		size_t n = sizeof c->out - c->len < len ? sizeof c->out - c->len : len;
		if (p)
			memcpy(c->out + c->len, p, n);
		else
			memset(c->out + c->len, 0, n);
		c->len += n;
		p = p ? p + n : NULL;
		len -= n;
		if (c->len == sizeof c->out && !flush(c))
			return false;
	}
	return true;
}

static bool add_header(struct create *c)
{
	static uint8_t header[16384];
	size_t n = tar_make_header(&c->entry, header, sizeof header);
	return n && add(c, header, n);
}

static void describe(struct create *c, const char *path, char type, const struct stat *st)
{
	struct tar_entry *e = &c->entry;
	memset(e, 0, offsetof(struct tar_entry, path));
	e->link[0] = 0;
	e->type = type;
	e->mode = st->st_mode & 07777;
	e->uid = st->st_uid;
	e->gid = st->st_gid;
	e->mtime = st->st_mtim.tv_sec;
	snprintf(e->path, sizeof e->path, "%s", path);
}

/* True when the file was written before: then c->entry is a link to it. */
static bool linked(struct create *c, const struct stat *st)
{
	if (st->st_nlink < 2)
		return false;
	for (size_t i = 0; i < c->seen_count; i++)
		if (c->seen[i].ino == st->st_ino && c->seen[i].dev == st->st_dev) {
			c->entry.type = '1';
			strcpy(c->entry.link, c->seen[i].path);
			return true;
		}
	if (c->seen_count == LINKS_MAX)
		return false;
	if (c->seen_count == c->seen_room) {
		size_t room = c->seen_room ? 2 * c->seen_room : 64;
		struct seen *p = realloc(c->seen, room * sizeof *p);
		if (!p)
			return false;
		c->seen = p;
		c->seen_room = room;
	}
	struct seen *s = &c->seen[c->seen_count];
	*s = (struct seen){ st->st_dev, st->st_ino, strdup(c->entry.path) };
	c->seen_count += s->path != NULL;
	return false;
}

static bool file(struct create *c, int dir, const char *name, const char *path)
{
	uint8_t data[OUT];
	struct stat st;
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	/* Gone, or something else, since it was listed. */
	if (fd < 0)
		return errno == ENOENT || errno == ELOOP || errno == ENXIO || fail(c, path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return true;
	}
	describe(c, path, '0', &st);
	if (linked(c, &st)) {
		close(fd);
		return add_header(c);
	}
	c->entry.size = (uint64_t)st.st_size;
	bool ok = add_header(c);
	uint64_t left = c->entry.size;
	while (ok && left) {
		ssize_t n = read(fd, data, left < sizeof data ? (size_t)left : sizeof data);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			ok = fail(c, path);
		/* It shrank: the header's size stands, zeroes fill it. */
		if (n == 0)
			break;
		ok = ok && add(c, data, (size_t)n);
		left -= n > 0 ? (uint64_t)n : 0;
	}
	close(fd);
	while (ok && left) {
		size_t n = left < OUT ? (size_t)left : OUT;
		ok = add(c, NULL, n);
		left -= n;
	}
	return ok && add(c, NULL, (size_t)((TAR_BLOCK - c->entry.size % TAR_BLOCK) % TAR_BLOCK));
}

static bool tree(struct create *c, int dir, size_t path_len, int depth);

static bool node(struct create *c, int dir, const char *name, size_t path_len, int depth)
{
	struct stat st;
	size_t n = strlen(name);
	if (path_len + n + 2 > sizeof c->path) {
		errno = ENAMETOOLONG;
		return fail(c, c->path);
	}
	memcpy(c->path + path_len, name, n + 1);
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT || fail(c, c->path);
	if (S_ISREG(st.st_mode))
		return file(c, dir, name, c->path);
	if (S_ISLNK(st.st_mode)) {
		describe(c, c->path, '2', &st);
		if (linked(c, &st))
			return add_header(c);
		ssize_t got = readlinkat(dir, name, c->entry.link, sizeof c->entry.link - 1);
		if (got < 0)
			return errno == ENOENT || errno == EINVAL || fail(c, c->path);
		c->entry.link[got] = 0;
		return add_header(c);
	}
	if (S_ISFIFO(st.st_mode)) {
		describe(c, c->path, '6', &st);
		return add_header(c);
	}
	/* Sockets and devices are nothing to take along. */
	if (!S_ISDIR(st.st_mode))
		return true;
	memcpy(c->path + path_len + n, "/", 2);
	describe(c, c->path, '5', &st);
	if (!add_header(c))
		return false;
	if (st.st_dev != c->dev)
		return true;
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR || fail(c, c->path);
	return tree(c, fd, path_len + n + 1, depth + 1);
}

/* Takes fd over. */
static bool tree(struct create *c, int fd, size_t path_len, int depth)
{
	DIR *d = fdopendir(fd);
	bool ok = true;
	if (!d || depth > DEPTH_MAX) {
		errno = d ? ELOOP : errno;
		fail(c, c->path);
		d ? (void)closedir(d) : (void)close(fd);
		return false;
	}
	for (;;) {
		errno = 0;
		struct dirent *e = readdir(d);
		if (!e) {
			c->path[path_len] = 0;
			ok = !errno || fail(c, c->path);
			break;
		}
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		ok = node(c, fd, e->d_name, path_len, depth);
		if (!ok)
			break;
	}
	closedir(d);
	return ok;
}

static bool start(struct create *c, const char *path)
{
	struct stat st;
	if (stat(path, &st) < 0)
		return fail(c, path);
	c->dev = st.st_dev;
	if (S_ISDIR(st.st_mode)) {
		int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0)
			return fail(c, path);
		describe(c, "./", '5', &st);
		if (add_header(c))
			return tree(c, fd, 0, 0);
		close(fd);
		return false;
	}
	/* Its directory may be reached through links, the file itself too. */
	const char *name = strrchr(path, '/') + 1;
	char *real = realpath(path, NULL);
	bool ok = real ? file(c, AT_FDCWD, real, name) : fail(c, path);
	free(real);
	return ok;
}

bool tar_create(const char *path, struct tar_sink *sink, char error[TAR_ERROR])
{
	struct create *c = calloc(1, sizeof *c);
	error[0] = 0;
	if (!c)
		return false;
	c->sink = sink;
	c->error = error;
	bool ok = start(c, path) && add(c, NULL, 2 * TAR_BLOCK) && flush(c);
	for (size_t i = 0; i < c->seen_count; i++)
		free(c->seen[i].path);
	free(c->seen);
	free(c);
	return ok;
}
