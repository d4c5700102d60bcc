/* The conversation that reads contents. */
#include "bigendian.h"
#include "gitstate.h"
#include "workspace.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct reading {
	struct workspace *ws;
	struct entries paths;     /* in the order asked */
	int gitdir;               /* of a submodule, for `.git/…`; -1: as it lies */
	struct descent git_descent;
};

static bool take_paths(struct reading *r)
{
	struct wire *w = &r->ws->wire;
	struct wire_frame f;
	while (wire_next(w, &f)) {
		if (f.type == WIRE_ASKED)
			return true;
		if (f.type == WIRE_BEGIN && !r->paths.count)
			continue;
		if (f.type != WIRE_PATHS)
			return wire_fail(w, "frame %u in the middle of the paths", f.type);
		for (const uint8_t *p = f.data, *end = f.data + f.len; p < end;) {
			size_t n = end - p < 2 ? 0 : be16_at(p);
			const char *path = (const char *)p + 2;
			if (end - p < 2 || (size_t)(end - p) - 2 < n || !path_allowed(path, n, true))
				return wire_fail(w, "a path that is not allowed");
			if (!entries_add(&r->paths, path, n))
				return wire_fail(w, "more than 2000000 paths, or more than memory can hold");
			p += 2 + n;
		}
	}
	return false;
}

/* The open directory that holds the path's last component. */
static int parent(struct reading *r, const char *path, size_t len, const char **name)
{
	if (r->gitdir >= 0 && len > 5 && !memcmp(path, ".git/", 5))
		return descent_parent(&r->git_descent, path + 5, len - 5, false, name);
	return descent_parent(&r->ws->descent, path, len, false, name);
}

static void begin(struct reading *r, const struct entry *e, const struct stat *st)
{
	uint8_t head[4 + 8 + 8 + 2 + ENTRY_PATH], *p = head;
	p = put_be32(p, st->st_mode);
	p = put_be64(p, (uint64_t)st->st_size);
	p = put_be64(p, (uint64_t)mtime_of(st));
	p = put_be16(p, e->path_len);
	memcpy(p, entry_path(&r->paths, e), e->path_len);
	wire_send(&r->ws->wire, WIRE_CONTENT, head, (size_t)(p - head) + e->path_len);
}

static void missing(struct reading *r, const struct entry *e)
{
	uint8_t text[2 + ENTRY_PATH];
	memcpy(put_be16(text, e->path_len), entry_path(&r->paths, e), e->path_len);
	wire_send(&r->ws->wire, WIRE_MISSING, text, 2u + e->path_len);
}

static void end(struct reading *r, bool changed)
{
	uint8_t one = 1;
	wire_send(&r->ws->wire, WIRE_WHOLE, &one, changed);
}

static void file(struct reading *r, int fd, const struct stat *st)
{
	struct wire *w = &r->ws->wire;
	struct stat after;
	uint64_t left = (uint64_t)st->st_size;
	while (left && !w->gone) {
		size_t want = left < FRAME_MAX ? (size_t)left : FRAME_MAX;
		ssize_t n = read(fd, wire_data_room(w, want), want);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		wire_data(w, (size_t)n);
		left -= (uint64_t)n;
	}
	bool same = !left && fstat(fd, &after) == 0 && after.st_size == st->st_size &&
		    mtime_of(&after) == mtime_of(st) && ctime_of(&after) == ctime_of(st);
	end(r, !same);
}

static void directory(struct reading *r, int fd)
{
	struct wire *w = &r->ws->wire;
	DIR *d = fdopendir(fd);
	if (!d)
		close(fd);
	for (struct dirent *e; d && (e = readdir(d));) {
		size_t n = strlen(e->d_name);
		struct stat st;
		unsigned char type = e->d_type;
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if (type == DT_UNKNOWN && fstatat(fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			type = IFTODT(st.st_mode);
		uint8_t *p = wire_item(w, WIRE_DATA, 1 + n + 1);
		*p = type == DT_REG ? 'f' : type == DT_DIR ? 'd' : type == DT_LNK ? 'l' : 'o';
		memcpy(p + 1, e->d_name, n + 1);
	}
	if (d)
		closedir(d);
	end(r, !d);
}

static bool linked(struct reading *r, const struct entry *e, int dir, const char *name)
{
	char target[4097];
	struct stat st;
	ssize_t n = readlinkat(dir, name, target, sizeof target - 1);
	if (n < 0 || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISLNK(st.st_mode))
		return false;
	st.st_size = n;
	begin(r, e, &st);
	wire_send(&r->ws->wire, WIRE_DATA, target, (size_t)n);
	end(r, false);
	return true;
}

static bool content(struct reading *r, const struct entry *e)
{
	const char *name;
	struct stat st;
	int dir = parent(r, entry_path(&r->paths, e), e->path_len, &name);
	int fd = dir < 0 ? -1 : openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 && dir >= 0 && errno == ELOOP)
		return linked(r, e, dir, name);
	if (fd < 0)
		return false;
	if (fstat(fd, &st) < 0 || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))) {
		close(fd);
		return false;
	}
	begin(r, e, &st);
	if (S_ISDIR(st.st_mode)) {
		directory(r, fd);
		return true;
	}
	file(r, fd, &st);
	close(fd);
	return true;
}

void workspace_read(struct workspace *ws)
{
	static struct reading r;
	memset(&r, 0, sizeof r);
	r.ws = ws;
	r.gitdir = *ws->manifest.gitdir ? git_open(ws, ws->manifest.gitdir, false) : -1;
	descent_start(&r.git_descent, r.gitdir);
	bool ok = take_paths(&r);
	for (size_t i = 0; ok && i < r.paths.count; i++) {
		const struct entry *e = &r.paths.at[i];
		if (!content(&r, e))
			missing(&r, e);
		ok = !ws->wire.gone;
	}
	if (ok)
		workspace_end(ws, WIRE_READ, NULL, 0);
	descent_forget(&r.git_descent);
	if (r.gitdir >= 0)
		close(r.gitdir);
	entries_free(&r.paths);
}
