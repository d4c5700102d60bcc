/* Extracting: every name is walked from the top by the kernel, which lets nothing lead out of it. */
#include "tar.h"

#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Directories whose time is set at the end; beyond that they keep the time of their last change. */
#define LATER_MAX 65536

struct later {
	char *path;
	struct timespec mtime;
};

struct extract {
	int top;
	bool at_root;
	struct tar_source *source;
	char *error;
	int status;
	int parent;               /* of the last file, kept open */
	char parent_path[TAR_PATH];
	struct later *later;
	size_t later_count, later_room;
	struct tar_pax pax;
	struct tar_entry entry;
};

static bool fail(struct extract *x, int status, const char *what, const char *path)
{
	char shown[200];
	if (x->status)
		return false;
	printable(shown, sizeof shown, path);
	x->status = status;
	snprintf(x->error, TAR_ERROR, *path ? "tar: %s: %s" : "tar: %s", what, shown);
	return false;
}

/* For what the kernel refused: full disks are told apart from bad archives. */
static bool fail_errno(struct extract *x, const char *path)
{
	int status = errno == ENOSPC || errno == EDQUOT ? 507
		     : errno == EIO || errno == EROFS || errno == EMFILE || errno == ENOMEM ? 500 : 400;
	return fail(x, status, strerror(errno), path);
}

bool tar_clean_path(char *path)
{
	char *out = path;
	for (char *p = path; *p;) {
		size_t n = strcspn(p, "/");
		bool dot = n == 1 && p[0] == '.';
		if ((n == 2 && p[0] == '.' && p[1] == '.') || n > 255)
			return false;
		if (n && !dot) {
			if (out != path)
				*out++ = '/';
			memmove(out, p, n);
			out += n;
		}
		p += n;
		while (*p == '/')
			p++;
	}
	*out = 0;
	return true;
}

static int open_below(struct extract *x, const char *path, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.resolve = (x->at_root ? RESOLVE_IN_ROOT : RESOLVE_BENEATH) | RESOLVE_NO_MAGICLINKS,
	};
	return (int)syscall(SYS_openat2, x->top, *path ? path : ".", &how, sizeof how);
}

static int make_dir(struct extract *x, const char *path);

/* The open directory of path's last component. It stays valid until the next call. */
static int parent_of(struct extract *x, const char *path, const char **name)
{
	char head[TAR_PATH];
	const char *slash = strrchr(path, '/');
	*name = slash ? slash + 1 : path;
	size_t n = slash ? (size_t)(slash - path) : 0;
	memcpy(head, path, n);
	head[n] = 0;
	if (x->parent >= 0 && !strcmp(head, x->parent_path))
		return x->parent;
	if (x->parent >= 0)
		close(x->parent);
	x->parent = open_below(x, head, O_PATH | O_DIRECTORY);
	if (x->parent < 0 && errno == ENOENT)
		x->parent = make_dir(x, head);
	strcpy(x->parent_path, head);
	return x->parent;
}

static void forget_parent(struct extract *x)
{
	if (x->parent >= 0)
		close(x->parent);
	x->parent = -1;
}

/* A missing parent, one component at a time from the top. */
static int make_dir(struct extract *x, const char *path)
{
	char part[TAR_PATH];
	int fd = -1;
	for (size_t n = 0; path[n];) {
		n += strcspn(path + n, "/");
		memcpy(part, path, n);
		part[n] = 0;
		int next = open_below(x, part, O_PATH | O_DIRECTORY);
		if (next < 0 && errno == ENOENT) {
			const char *slash = strrchr(part, '/');
			if (mkdirat(fd < 0 ? x->top : fd, slash ? slash + 1 : part, 0755) == 0)
				next = open_below(x, part, O_PATH | O_DIRECTORY);
		}
		int err = errno;
		if (fd >= 0)
			close(fd);
		errno = err;
		fd = next;
		if (fd < 0)
			return -1;
		n += path[n] == '/';
	}
	return fd;
}

static bool get(struct extract *x, void *data, size_t len)
{
	uint8_t *p = data;
	while (len) {
		long n = x->source->read(x->source->ctx, p, len);
		if (n <= 0)
			return fail(x, 400, "archive ends too early", "");
		p += n;
		len -= (size_t)n;
	}
	return true;
}

static bool skip_padding(struct extract *x, uint64_t size)
{
	uint8_t pad[TAR_BLOCK];
	return get(x, pad, (size_t)((TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK));
}

static bool own(struct extract *x, int dir, const char *name, int fd, const struct tar_entry *e)
{
	struct timespec times[2] = { { 0, UTIME_NOW }, { (time_t)e->mtime, (long)e->mtime_ns } };
	if (fd >= 0)
		return (fchown(fd, (uid_t)e->uid, (gid_t)e->gid) == 0 && fchmod(fd, e->mode) == 0 &&
			futimens(fd, times) == 0) || fail_errno(x, e->path);
	return (fchownat(dir, name, (uid_t)e->uid, (gid_t)e->gid, AT_SYMLINK_NOFOLLOW) == 0 &&
		utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW) == 0) || fail_errno(x, e->path);
}

/* Makes way for a new file; a directory only gives way when it is empty. */
static bool clear(struct extract *x, int dir, const char *name, const char *path)
{
	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return true;
	if ((errno == EISDIR || errno == EPERM) && unlinkat(dir, name, AT_REMOVEDIR) == 0)
		return true;
	return fail_errno(x, path);
}

static bool put_file(struct extract *x, int dir, const char *name, const struct tar_entry *e)
{
	uint8_t data[65536];
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_errno(x, e->path);
	bool ok = true;
	for (uint64_t left = e->size; ok && left;) {
		size_t n = left < sizeof data ? (size_t)left : sizeof data;
		ok = get(x, data, n);
		if (ok && !write_all(fd, data, n))
			ok = fail_errno(x, e->path);
		left -= n;
	}
	ok = ok && own(x, -1, NULL, fd, e);
	if (close(fd) < 0 && ok)
		ok = fail_errno(x, e->path);
	return ok && skip_padding(x, e->size);
}

static bool put_dir(struct extract *x, const struct tar_entry *e)
{
	struct stat st;
	const char *name;
	char self[64];
	int fd = open_below(x, e->path, O_PATH | O_DIRECTORY);
	if (fd < 0) {
		int dir = parent_of(x, e->path, &name);
		if (dir < 0)
			return fail_errno(x, e->path);
		/* Something else by that name: only what is no directory gives way. */
		if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && unlinkat(dir, name, 0) < 0)
			return fail_errno(x, e->path);
		if (mkdirat(dir, name, 0700) < 0)
			return fail_errno(x, e->path);
		fd = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			return fail_errno(x, e->path);
	}
	snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	bool ok = (fchownat(fd, "", (uid_t)e->uid, (gid_t)e->gid, AT_EMPTY_PATH) == 0 &&
		   chmod(self, e->mode) == 0) || fail_errno(x, e->path);
	close(fd);
	if (!ok || x->later_count == LATER_MAX)
		return ok;
	if (x->later_count == x->later_room) {
		size_t room = x->later_room ? 2 * x->later_room : 64;
		struct later *p = realloc(x->later, room * sizeof *p);
		if (!p)
			return true;
		x->later = p;
		x->later_room = room;
	}
	struct later *l = &x->later[x->later_count];
	l->path = strdup(e->path);
	l->mtime = (struct timespec){ (time_t)e->mtime, (long)e->mtime_ns };
	x->later_count += l->path != NULL;
	return true;
}

static bool put_hard_link(struct extract *x, int dir, const char *name, struct tar_entry *e)
{
	const char *from_name;
	char head[TAR_PATH];
	if (!tar_clean_path(e->link) || !*e->link)
		return fail(x, 400, "link target not allowed", e->link);
	from_name = strrchr(e->link, '/');
	size_t n = from_name ? (size_t)(from_name - e->link) : 0;
	memcpy(head, e->link, n);
	head[n] = 0;
	from_name = from_name ? from_name + 1 : e->link;
	int from = open_below(x, head, O_PATH | O_DIRECTORY);
	if (from < 0)
		return fail_errno(x, e->link);
	/* A link to itself must not take the file away. */
	struct stat a, b;
	bool same = fstatat(from, from_name, &a, AT_SYMLINK_NOFOLLOW) == 0 &&
		    fstatat(dir, name, &b, AT_SYMLINK_NOFOLLOW) == 0 && a.st_ino == b.st_ino &&
		    a.st_dev == b.st_dev;
	bool ok = same || (clear(x, dir, name, e->path) &&
			   (linkat(from, from_name, dir, name, 0) == 0 || fail_errno(x, e->path)));
	close(from);
	return ok;
}

static bool put_entry(struct extract *x, struct tar_entry *e)
{
	const char *name;
	size_t len = strlen(e->path);
	bool slash = len && e->path[len - 1] == '/';
	if (!tar_clean_path(e->path))
		return fail(x, 400, "name not allowed", e->path);
	char type = e->type == 0 || e->type == '7' ? '0' : e->type;
	if (type == '0' && slash)
		type = '5';
	if (type != '0' && e->size)
		return fail(x, 400, "size on a member that has no content", e->path);
	if (!*e->path && type != '5')
		return fail(x, 400, "member without a name", "");
	if (type == '5') {
		forget_parent(x);
		return put_dir(x, e);
	}
	if (!strchr("0126", type))
		return fail(x, 400, "kind of member not allowed", e->path);
	int dir = parent_of(x, e->path, &name);
	if (dir < 0)
		return fail_errno(x, e->path);
	if (type == '1')
		return put_hard_link(x, dir, name, e);
	if (type == '2' && !*e->link)
		return fail(x, 400, "symbolic link without a target", e->path);
	if (!clear(x, dir, name, e->path))
		return false;
	if (type == '0')
		return put_file(x, dir, name, e);
	if (type == '6')
		return (mkfifoat(dir, name, 0600) == 0 && fchmodat(dir, name, e->mode, 0) == 0 &&
			own(x, dir, name, -1, e)) || fail_errno(x, e->path);
	return symlinkat(e->link, dir, name) == 0 ? own(x, dir, name, -1, e) : fail_errno(x, e->path);
}

/* The data of an extended header, or of GNU's long name. */
static char *get_text(struct extract *x, uint64_t size)
{
	if (size > TAR_PAX_MAX) {
		fail(x, 400, "extended header above 1 MiB", "");
		return NULL;
	}
	char *text = malloc((size_t)size + 1);
	if (text && get(x, text, (size_t)size) && skip_padding(x, size)) {
		text[size] = 0;
		return text;
	}
	free(text);
	return NULL;
}

/* Headers that describe the next member. */
static bool extended(struct extract *x, char type, uint64_t size)
{
	char *text = get_text(x, size);
	bool ok = text != NULL;
	if (ok && type == 'x') {
		if (!tar_parse_pax(text, (size_t)size, &x->pax, x->error)) {
			x->status = 400;
			ok = false;
		}
	} else if (ok && type != 'g') {
		char *to = type == 'L' ? x->pax.value.path : x->pax.value.link;
		if (strlen(text) >= TAR_PATH)
			ok = fail(x, 400, "name too long", "");
		else
			strcpy(to, text);
		*(type == 'L' ? &x->pax.path : &x->pax.link) = true;
	}
	free(text);
	return ok;
}

static bool members(struct extract *x)
{
	uint8_t block[TAR_BLOCK];
	bool pending = false;
	for (;;) {
		struct tar_entry *e = &x->entry;
		if (!get(x, block, sizeof block))
			return false;
		int got = tar_parse_header(block, e, x->error);
		if (got < 0) {
			x->status = 400;
			return false;
		}
		if (got == 0)
			return !pending || fail(x, 400, "extended header without a member", "");
		if (strchr("xgLK", e->type) && e->type) {
			pending = e->type != 'g' || pending;
			if (!extended(x, e->type, e->size))
				return false;
			continue;
		}
		tar_apply_pax(e, &x->pax);
		memset(&x->pax, 0, sizeof x->pax);
		pending = false;
		if (!put_entry(x, e))
			return false;
	}
}

int tar_extract(int top, bool at_root, struct tar_source *source, char error[TAR_ERROR])
{
	struct extract *x = calloc(1, sizeof *x);
	uint8_t rest[4096];
	if (!x) {
		snprintf(error, TAR_ERROR, "no memory");
		return 500;
	}
	x->top = top;
	x->at_root = at_root;
	x->source = source;
	x->error = error;
	x->parent = -1;
	members(x);
	for (size_t i = x->later_count; i-- > 0;) {
		struct timespec times[2] = { { 0, UTIME_NOW }, x->later[i].mtime };
		int fd = open_below(x, x->later[i].path, O_RDONLY | O_DIRECTORY);
		if (fd >= 0) {
			futimens(fd, times);
			close(fd);
		}
		free(x->later[i].path);
	}
	/* What follows the end mark is padding; it must still be a whole body. */
	long n = 1;
	while (!x->status && n > 0)
		n = source->read(source->ctx, rest, sizeof rest);
	if (!x->status && n < 0)
		fail(x, 400, "body malformed behind the end of the archive", "");
	forget_parent(x);
	free(x->later);
	int status = x->status;
	free(x);
	return status;
}
