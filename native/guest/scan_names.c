/* Names that were not delivered. Directories that the host says are ignored are never read, whatever their
   size. */
#include "scan.h"

#include "bigendian.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { IGNORE_MAX = 60000 };

struct level {
	struct scan *scan;
	struct entries dirs;   /* to be read; those that hold something delivered join while they are */
	struct entries names;  /* found, with the type as `mode` */
	char path[ENTRY_PATH + 256 + 2];
};

static char type_of(int dir, const struct dirent *e)
{
	struct stat st;
	unsigned char type = e->d_type;
	if (type == DT_UNKNOWN && fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		type = IFTODT(st.st_mode);
	return type == DT_REG ? 'f' : type == DT_DIR ? 'd' : type == DT_LNK ? 'l' : 'o';
}

static bool add(struct level *l, struct entries *to, size_t len, char type)
{
	struct entry *e = entries_add(to, l->path, len);
	if (e)
		e->mode = (unsigned char)type;
	return e || wire_fail(&l->scan->ws->wire, "more names than can be listed");
}

static bool is_repository(int dir, const char *name)
{
	struct stat st;
	char git[256 + 8];
	size_t n = strlen(name);
	memcpy(git, name, n);
	strcpy(git + n, "/.git");
	return fstatat(dir, git, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* One name; l->path is the whole of it. *ignore: it is a .gitignore that the host does not know. */
static bool name(struct level *l, int dir, const struct dirent *e, size_t len, bool *ignore)
{
	struct entries *files = &l->scan->ws->manifest.files;
	size_t from, to;
	char type = type_of(dir, e);
	const struct entry *m = entries_find(files, l->path, len);
	if (type == 'f' && !strcmp(e->d_name, ".gitignore"))
		*ignore = !m || m->flags & ENTRY_DIFFERS;
	if (m && m->mode == MODE_SUBMODULE && type == 'd')
		return true;
	/* Compared already. */
	if (m && m->mode != MODE_SUBMODULE && (type == 'f' || type == 'l'))
		return true;
	if (type != 'd')
		return add(l, &l->names, len, type);
	entries_below(files, l->path, len, &from, &to);
	if (from < to)
		return add(l, &l->dirs, len, 'd');
	return add(l, &l->names, len, is_repository(dir, e->d_name) ? 'r' : 'd');
}

static void send_ignore(struct level *l, int dir, size_t len)
{
	static uint8_t frame[2 + ENTRY_PATH + IGNORE_MAX];
	int fd = openat(dir, ".gitignore", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	memcpy(put_be16(frame, (uint16_t)len), l->path, len);
	size_t done = 2 + len;
	ssize_t n;
	while (done < 2 + len + IGNORE_MAX && (n = read(fd, frame + done, 2 + len + IGNORE_MAX - done)) > 0)
		done += (size_t)n;
	close(fd);
	wire_send(&l->scan->ws->wire, WIRE_IGNORE, frame, done);
}

/* The directory at l->path; fd is taken over. */
static bool directory(struct level *l, int fd, size_t dir_len)
{
	struct workspace *ws = l->scan->ws;
	size_t names = l->names.count, dirs = l->dirs.count, start = dir_len ? dir_len + 1 : 0;
	bool ok = true, ignore = false;
	DIR *d = fdopendir(fd);
	if (!d) {
		close(fd);
		return wire_fail(&ws->wire, "%.200s: %s", l->path, strerror(errno));
	}
	if (dir_len)
		l->path[dir_len] = '/';
	for (struct dirent *e; ok && (e = readdir(d));) {
		size_t n = strlen(e->d_name);
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") || !strcmp(e->d_name, PARTIAL))
			continue;
		if (!strcmp(e->d_name, ".git")) {
			if (!dir_len)
				continue;
			/* Made a repository of its own, with delivered files in it: named, not entered. */
			l->names.count = names;
			l->dirs.count = dirs;
			ignore = false;
			ok = add(l, &l->names, dir_len, 'r');
			break;
		}
		memcpy(l->path + start, e->d_name, n + 1);
		ok = start + n <= ENTRY_PATH
			     ? name(l, fd, e, start + n, &ignore)
			     : wire_fail(&ws->wire, "a path of more than 4096 bytes below %.200s", l->path);
	}
	if (ok && ignore) {
		strcpy(l->path + start, ".gitignore");
		send_ignore(l, fd, start + 10);
	}
	closedir(d);
	return ok;
}

static bool read_directories(struct level *l)
{
	struct workspace *ws = l->scan->ws;
	for (size_t i = 0; i < l->dirs.count; i++) {
		size_t len = l->dirs.at[i].path_len;
		memcpy(l->path, entry_path(&l->dirs, &l->dirs.at[i]), len + 1);
		int at = descent_dir(&ws->descent, l->path, len, false);
		int fd = at < 0 ? -1 : openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		/* Gone, or another thing by now. */
		if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
			continue;
		if (fd < 0)
			return wire_fail(&ws->wire, "%.200s: %s", l->path, strerror(errno));
		if (!directory(l, fd, len))
			return false;
		if (i % 64 == 63 && !wire_alive(&ws->wire))
			return false;
	}
	return true;
}

static int by_path(const void *a, const void *b, void *names)
{
	const struct entry *x = a, *y = b;
	return path_compare(entry_path(names, x), x->path_len, entry_path(names, y), y->path_len);
}

static void send_names(struct level *l)
{
	struct wire *w = &l->scan->ws->wire;
	uint8_t count[4];
	qsort_r(l->names.at, l->names.count, sizeof *l->names.at, by_path, &l->names);
	for (size_t i = 0; i < l->names.count; i++) {
		const struct entry *e = &l->names.at[i];
		uint8_t *p = wire_item(w, WIRE_NAMES, 3u + e->path_len);
		*p = (uint8_t)e->mode;
		memcpy(put_be16(p + 1, e->path_len), entry_path(&l->names, e), e->path_len);
	}
	put_be32(count, (uint32_t)l->names.count);
	wire_send(w, WIRE_LEVEL, count, sizeof count);
}

/* The host's answer: ignored ones get ENTRY_KEPT. */
static bool take_verdict(struct level *l)
{
	struct wire *w = &l->scan->ws->wire;
	struct wire_frame f;
	for (size_t at = 0; at < l->names.count;) {
		if (!wire_next(w, &f))
			return false;
		size_t left = (l->names.count - at + 7) / 8;
		if (f.type != WIRE_VERDICT || f.len != (left < FRAME_MAX ? left : FRAME_MAX))
			return wire_fail(w, "frame %u of %zu bytes in the place of a verdict on %zu names", f.type, f.len,
					 l->names.count - at);
		for (size_t i = 0; i < 8 * f.len && at < l->names.count; i++, at++)
			l->names.at[at].flags = f.data[i / 8] >> (7 - i % 8) & 1 ? ENTRY_KEPT : 0;
	}
	return true;
}

/* A file or link that is new. */
static bool send_new(struct level *l, struct entry *e)
{
	struct workspace *ws = l->scan->ws;
	const char *base, *path = entry_path(&l->names, e);
	struct stat st;
	int dir = descent_parent(&ws->descent, path, e->path_len, false, &base);
	if (dir < 0 || fstatat(dir, base, &st, AT_SYMLINK_NOFOLLOW) < 0 || (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode)))
		return true;
	if (st.st_size <= SCAN_HASH_MAX) {
		enum lies lies = workspace_hash(ws, dir, base, &st, e->id);
		if (lies != LIES_SAME)
			return lies != LIES_ERROR;
	}
	e->mode = st.st_mode;
	e->size = (uint64_t)st.st_size;
	e->mtime = mtime_of(&st);
	entry_send(&ws->wire, WIRE_NEW, &l->names, e);
	return !ws->wire.gone;
}

/* What is not ignored: files are told, directories are the next level. */
static bool go_on(struct level *l)
{
	entries_free(&l->dirs);
	for (size_t i = 0; i < l->names.count; i++) {
		struct entry *e = &l->names.at[i];
		if (e->flags & ENTRY_KEPT)
			continue;
		if (e->mode == 'd' && !entries_add(&l->dirs, entry_path(&l->names, e), e->path_len))
			return wire_fail(&l->scan->ws->wire, "more names than can be listed");
		if ((e->mode == 'f' || e->mode == 'l') && !send_new(l, e))
			return false;
	}
	return true;
}

bool scan_names(struct scan *s)
{
	static struct level l;
	static const uint8_t none[4];
	l.scan = s;
	bool ok = s->ws->top < 0 || add(&l, &l.dirs, 0, 'd');
	while (ok && l.dirs.count) {
		entries_free(&l.names);
		l.names.id_len = s->ws->manifest.files.id_len;
		ok = read_directories(&l);
		if (!ok || !l.names.count)
			break;
		send_names(&l);
		ok = take_verdict(&l) && go_on(&l);
	}
	entries_free(&l.dirs);
	entries_free(&l.names);
	if (ok)
		wire_send(&s->ws->wire, WIRE_LEVEL, none, sizeof none);
	return ok;
}
