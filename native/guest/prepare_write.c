/* Writing what the host sends: each file beside its place, then into it. */
#include "prepare.h"

#include "bigendian.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { GIT_NAMES_MAX = 16 * 1024 * 1024 };

static bool fail(struct prepare *p, const char *path)
{
	return wire_fail(&p->ws->wire, "%.300s: %s", path, strerror(errno));
}

static struct timespec time_of(int64_t ns)
{
	struct timespec t = { ns / 1000000000, ns % 1000000000 };
	if (t.tv_nsec < 0) {
		t.tv_sec--;
		t.tv_nsec += 1000000000;
	}
	return t;
}

static mode_t rights(const struct prepare *p, uint32_t mode)
{
	return mode & (p->begin.readonly ? 0555 : 0777);
}

/* Where the entry is to lie. With `force` a file of the guest's own makes way for a directory. */
static int parent(struct prepare *p, const struct entry *e, const char **name)
{
	const char *path = entry_path(&p->list, e);
	struct descent *d = &p->ws->descent;
	char part[ENTRY_PATH + 1];
	int dir = descent_parent(d, path, e->path_len, true, name);
	for (int i = 0; dir < 0 && errno == ENOTDIR && p->begin.force && i < DESCENT_STEPS; i++) {
		const char *in_the_way;
		size_t n = d->stopped;
		memcpy(part, path, n);
		part[n] = 0;
		int at = descent_parent(d, part, n, false, &in_the_way);
		if (at < 0 || unlinkat(at, in_the_way, 0) < 0)
			break;
		dir = descent_parent(d, path, e->path_len, true, name);
	}
	return dir;
}

/* Content that was right already: its rights and time as on the host. */
static bool touch(struct prepare *p, struct entry *e)
{
	const char *name;
	struct stat st;
	struct timespec times[2] = { { 0, UTIME_OMIT }, time_of(e->mtime) };
	int dir = parent(p, e, &name);
	if (dir < 0)
		return fail(p, entry_path(&p->list, e));
	if (e->mode == MODE_SUBMODULE)
		return mkdirat(dir, name, 0755) == 0 || errno == EEXIST || fail(p, entry_path(&p->list, e));
	/* By descriptor: a link that came in its place meanwhile is not followed. */
	int fd = S_ISREG(e->mode) ? openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : -1;
	if (fd >= 0 && fchmod(fd, rights(p, e->mode)) == 0 && futimens(fd, times) == 0 && fstat(fd, &st) == 0)
		entry_record(e, &st);
	if (fd >= 0)
		close(fd);
	else if (S_ISLNK(e->mode) && utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW) == 0 &&
		 fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		entry_record(e, &st);
	/* When it is gone or another one by now, the next look finds that. */
	return true;
}

/* The first step that changes anything. */
static bool begin_writing(struct prepare *p)
{
	struct workspace *ws = p->ws;
	struct entries *files = &ws->manifest.files;
	if (p->writing)
		return true;
	if (!workspace_open_top(ws, true))
		return fail(p, ws->path);
	/* The disk of a machine that has just gone on from a save may not be on the host's own yet: a wait would be for all
	   of it, and a host that goes down meanwhile has nothing of this machine. */
	if (!ledger_begin(&ws->ledger, &p->list, ENTRY_WANT | ENTRY_ADOPTED,
			  p->git != GIT_MOVED || p->begin.force, !p->begin.fresh))
		return fail(p, "the manifest");
	p->writing = true;
	for (size_t i = 0; i < files->count; i++)
		if (files->at[i].flags & ENTRY_REMOVE)
			place_remove(ws, entry_path(files, &files->at[i]), files->at[i].path_len);
	/* Removing may have taken directories away that are still open. */
	descent_forget(&ws->descent);
	for (size_t i = 0; i < p->list.count; i++)
		if (p->list.at[i].flags & ENTRY_TOUCH && !touch(p, &p->list.at[i]))
			return false;
	return true;
}

/* Content into fd up to FILED; *end is that frame. */
static bool content(struct prepare *p, int fd, const char *path, struct wire_frame *end)
{
	for (;;) {
		if (!wire_next(&p->ws->wire, end))
			return false;
		if (end->type == WIRE_FILED)
			return true;
		if (end->type != WIRE_DATA || !end->len)
			return wire_fail(&p->ws->wire, "frame %u inside the content of %.200s", end->type, path);
		if (!write_all(fd, end->data, end->len))
			return fail(p, path);
		p->bytes += end->len;
	}
}

static bool file(struct prepare *p, struct entry *e, int dir, const char *name, struct wire_frame *end)
{
	const char *path = entry_path(&p->list, e);
	struct timespec times[2] = { { 0, UTIME_OMIT }, time_of(e->mtime) };
	struct stat st;
	int fd = place_open(dir, rights(p, e->mode));
	if (fd < 0)
		return fail(p, path);
	bool ok = content(p, fd, path, end);
	/* The record is taken behind the rename, which changes the ctime. */
	ok = ok && ((futimens(fd, times) == 0 && place_partial(dir, name) && fstat(fd, &st) == 0) || fail(p, path));
	if (ok)
		entry_record(e, &st);
	close(fd);
	if (!ok)
		unlinkat(dir, PARTIAL, 0);
	return ok;
}

static bool link_content(struct prepare *p, const char *path, char target[4097], struct wire_frame *end)
{
	size_t len = 0;
	for (;;) {
		if (!wire_next(&p->ws->wire, end))
			return false;
		if (end->type == WIRE_FILED)
			break;
		if (end->type != WIRE_DATA || !end->len || end->len > 4095 - len || memchr(end->data, 0, end->len))
			return wire_fail(&p->ws->wire, "the link %.200s has a target that cannot be", path);
		memcpy(target + len, end->data, end->len);
		len += end->len;
		p->bytes += end->len;
	}
	target[len] = 0;
	return len || wire_fail(&p->ws->wire, "the link %.200s has no target", path);
}

static bool put_link(struct prepare *p, struct entry *e, int dir, const char *name, struct wire_frame *end)
{
	char target[4097];
	const char *path = entry_path(&p->list, e);
	struct timespec times[2] = { { 0, UTIME_OMIT }, time_of(e->mtime) };
	struct stat st;
	if (!link_content(p, path, target, end))
		return false;
	if (!place_link(dir, target))
		return fail(p, path);
	if (utimensat(dir, PARTIAL, times, AT_SYMLINK_NOFOLLOW) < 0 || !place_partial(dir, name) ||
	    fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		fail(p, path);
		unlinkat(dir, PARTIAL, 0);
		return false;
	}
	entry_record(e, &st);
	return true;
}

static struct entry *wanted(struct prepare *p, const struct wire_frame *f)
{
	uint32_t index = f->len >= 4 ? be32_at(f->data) : UINT32_MAX;
	if (index < p->list.count && p->list.at[index].flags & ENTRY_WANT)
		return &p->list.at[index];
	wire_fail(&p->ws->wire, "number %u of the list was not asked for", index);
	return NULL;
}

static bool take_file(struct prepare *p, const struct wire_frame *f)
{
	struct wire_frame end;
	const char *name;
	struct entry *e = wanted(p, f);
	if (!e)
		return false;
	uint32_t mode = f->len == 24 ? be32_at(f->data + 4) : 0;
	if (!S_ISREG(mode) && !S_ISLNK(mode))
		return wire_fail(&p->ws->wire, "FILE that is neither a file nor a link");
	e->mode = mode;
	e->mtime = (int64_t)be64_at(f->data + 16);
	int dir = parent(p, e, &name);
	if (dir < 0)
		return fail(p, entry_path(&p->list, e));
	if (!(S_ISREG(mode) ? file : put_link)(p, e, dir, name, &end))
		return false;
	if (end.len != p->list.id_len)
		return wire_fail(&p->ws->wire, "FILED with an id of %zu bytes", end.len);
	memcpy(e->id, end.data, end.len);
	e->flags = ENTRY_HERE;
	p->files++;
	return true;
}

static bool skip(struct prepare *p, const struct wire_frame *f)
{
	struct entry *e = wanted(p, f);
	if (!e)
		return false;
	/* Vanished: whatever is there stays what it was. */
	e->flags = ENTRY_KEPT;
	return true;
}

static bool starts(const char *path, const char *start)
{
	return !strncmp(path, start, strlen(start));
}

/* While the guest's own HEAD and refs stand, only what stands beside them may come. */
static bool git_allowed(const struct prepare *p, const char *path)
{
	return p->git != GIT_MOVED || p->begin.force || starts(path, "objects/") ||
	       starts(path, "refs/remotes/host/") || !strcmp(path, "shallow");
}

static bool git_file(struct prepare *p, const char *path, size_t len, uint32_t mode)
{
	struct wire_frame end;
	const char *name;
	int dir = descent_parent(&p->git_descent, path, len, true, &name);
	if (dir < 0)
		return fail(p, path);
	if (S_ISDIR(mode)) {
		if (mkdirat(dir, name, 0755) < 0 && errno != EEXIST)
			return fail(p, path);
		return (wire_next(&p->ws->wire, &end) && end.type == WIRE_FILED) ||
		       wire_fail(&p->ws->wire, "a directory with content: %.200s", path);
	}
	int fd = place_open(dir, mode & 0777);
	if (fd < 0)
		return fail(p, path);
	/* Older than the look at the disk: whoever writes it in place gives it another time, be it in the same tick. */
	struct timespec times[2] = { { 0, UTIME_OMIT }, time_of(p->recorded - 1) };
	bool ok = content(p, fd, path, &end) &&
		  ((strcmp(path, "index") || futimens(fd, times) == 0) && place_partial(dir, name) ? true : fail(p, path));
	close(fd);
	if (!ok)
		unlinkat(dir, PARTIAL, 0);
	return ok;
}

static bool take_git(struct prepare *p, const struct wire_frame *f)
{
	char path[ENTRY_PATH + 1];
	size_t len = f->len >= 6 ? be16_at(f->data + 4) : 0;
	uint32_t mode = f->len >= 6 ? be32_at(f->data) : 0;
	if (f->len != 6 + len || !path_allowed((const char *)f->data + 6, len, true) || (!S_ISREG(mode) && !S_ISDIR(mode)))
		return wire_fail(&p->ws->wire, "GIT with a path or mode that is not allowed");
	memcpy(path, f->data + 6, len);
	path[len] = 0;
	if (!git_allowed(p, path))
		return wire_fail(&p->ws->wire, "git's %.200s is the guest's own by now", path);
	if (p->gitdir < 0) {
		p->gitdir = git_open(p->ws, p->begin.gitdir, true);
		/* A file or a link of the guest's own. */
		if (p->gitdir < 0 && errno == ENOTDIR && p->begin.force && !*p->begin.gitdir &&
		    unlinkat(p->ws->top, ".git", 0) == 0)
			p->gitdir = git_open(p->ws, "", true);
		if (p->gitdir < 0)
			return fail(p, *p->begin.gitdir ? p->begin.gitdir : ".git");
		descent_start(&p->git_descent, p->gitdir);
	}
	if (!starts(path, "objects/") && S_ISREG(mode) &&
	    (p->git_names.len > GIT_NAMES_MAX || !buf_add(&p->git_names, path, len + 1)))
		return wire_fail(&p->ws->wire, "more of git's files than can be remembered");
	return git_file(p, path, len, mode);
}

bool prepare_receive(struct prepare *p)
{
	struct wire_frame f;
	while (wire_next(&p->ws->wire, &f)) {
		if (f.type != WIRE_FILE && f.type != WIRE_SKIP && f.type != WIRE_GIT && f.type != WIRE_COMMIT)
			return wire_fail(&p->ws->wire, "frame %u in the middle of a delivery", f.type);
		if (!begin_writing(p))
			return false;
		if (f.type == WIRE_COMMIT)
			return true;
		if (!(f.type == WIRE_FILE ? take_file : f.type == WIRE_SKIP ? skip : take_git)(p, &f))
			return false;
	}
	return false;
}
