/* What of the list is wanted, what of the guest's is kept, what is removed. Nothing is written here. */
#include "prepare.h"

#include "bigendian.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { KEPT_EDITED = 1, KEPT_GONE_ON_HOST, KEPT_OWN };

static void kept(struct prepare *p, unsigned why, const char *path, size_t len)
{
	uint8_t frame[1 + 2 + ENTRY_PATH];
	frame[0] = (uint8_t)why;
	memcpy(put_be16(frame + 1, (uint16_t)len), path, len);
	wire_send(&p->ws->wire, WIRE_KEPT, frame, 3 + len);
}

static void want(struct prepare *p, struct entry *e)
{
	if (e->mode == MODE_SUBMODULE) {
		/* Only its directory; what is in it comes in a conversation of its own. */
		e->flags |= ENTRY_HERE | ENTRY_TOUCH;
		return;
	}
	e->flags |= ENTRY_WANT;
	put_be32(wire_item(&p->ws->wire, WIRE_WANT, 4), (uint32_t)(e - p->list.at));
}

static void keep(struct prepare *p, struct entry *e, unsigned why)
{
	e->flags |= ENTRY_KEPT;
	kept(p, why, entry_path(&p->list, e), e->path_len);
}

/* Rights on disk that a delivered mode gets. */
static mode_t rights(const struct prepare *p, uint32_t mode)
{
	return mode & (p->begin.readonly ? 0555 : 0777);
}

/* The content is right: the rest may have to follow. */
static void here(struct prepare *p, struct entry *e, const struct stat *st, const uint8_t *id)
{
	bool touch = mtime_of(st) != e->mtime || (S_ISREG(e->mode) && (st->st_mode & 07777) != rights(p, e->mode));
	int64_t mtime = e->mtime;
	entry_record(e, st);
	memcpy(e->id, id, p->list.id_len);
	e->flags |= ENTRY_HERE;
	if (touch) {
		e->flags |= ENTRY_TOUCH;
		e->mtime = mtime;
	}
}

/* An interrupted delivery wrote it: nobody else gives a file this time. */
static bool left_behind(const struct prepare *p, const struct entry *e, const struct stat *st)
{
	const struct entry *was = p->interrupted ? entries_find(&p->pending, entry_path(&p->list, e), e->path_len)
						 : NULL;
	return was && ((was->mode ^ st->st_mode) & S_IFMT) == 0 &&
	       (mtime_of(st) == was->mtime || (S_ISREG(st->st_mode) && st->st_size == 0));
}

static bool delivered_dir(struct prepare *p, char path[ENTRY_PATH + 1], size_t len);

/* One name in a directory that is in the way. */
static bool delivered_name(struct prepare *p, char path[ENTRY_PATH + 1], size_t len, const char *name)
{
	struct workspace *ws = p->ws;
	struct stat st;
	uint8_t id[DIGEST_MAX];
	bool hashed;
	size_t n = strlen(name);
	if (len + 1 + n > ENTRY_PATH)
		return false;
	path[len] = '/';
	memcpy(path + len + 1, name, n + 1);
	len += 1 + n;
	struct entry *m = entries_find(&ws->manifest.files, path, len);
	if (m)
		return workspace_compare(ws, m, &st, id, &hashed) == LIES_SAME;
	return delivered_dir(p, path, len);
}

/* True when the directory holds nothing but what was delivered. */
static bool delivered_dir(struct prepare *p, char path[ENTRY_PATH + 1], size_t len)
{
	const char *name;
	int at = descent_parent(&p->ws->descent, path, len, false, &name);
	int fd = at < 0 ? -1 : openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	bool ok = d != NULL;
	for (struct dirent *e; ok && (e = readdir(d));)
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			ok = delivered_name(p, path, len, e->d_name);
	if (d)
		closedir(d);
	path[len] = 0;
	return ok;
}

static void directory_in_the_way(struct prepare *p, struct entry *e, unsigned why)
{
	char path[ENTRY_PATH + 1];
	memcpy(path, entry_path(&p->list, e), e->path_len + 1u);
	if (delivered_dir(p, path, e->path_len))
		want(p, e);
	else
		keep(p, e, why);
}

/* Something that was not delivered, or is not as it was. */
static bool other_content(struct prepare *p, struct entry *e, struct stat *st, uint8_t *id, bool hashed,
			  unsigned why)
{
	struct workspace *ws = p->ws;
	const char *name;
	if (left_behind(p, e, st)) {
		want(p, e);
		return true;
	}
	if (id_known(e->id) && same_kind(st->st_mode, e->mode) && (uint64_t)st->st_size == e->size) {
		int dir = descent_parent(&ws->descent, entry_path(&p->list, e), e->path_len, false, &name);
		if (!hashed && dir >= 0 && workspace_hash(ws, dir, name, st, id) == LIES_ERROR)
			return false;
		if (!memcmp(id, e->id, p->list.id_len)) {
			here(p, e, st, id);
			e->flags |= ENTRY_ADOPTED;
			return true;
		}
	}
	if (p->begin.force)
		want(p, e);
	else
		keep(p, e, why);
	return true;
}

/* Something that is no directory lies where this one's directory is to be. */
static bool blocked(struct prepare *p, struct entry *e, bool delivered)
{
	struct workspace *ws = p->ws;
	struct entry *m = entries_find(&ws->manifest.files, entry_path(&p->list, e), ws->descent.stopped);
	if (p->begin.force || (m && m->flags & ENTRY_REMOVE))
		want(p, e);
	else
		keep(p, e, delivered ? KEPT_EDITED : KEPT_OWN);
	return true;
}

static bool new_entry(struct prepare *p, struct entry *e)
{
	struct workspace *ws = p->ws;
	const char *name, *path = entry_path(&p->list, e);
	struct stat st;
	uint8_t id[DIGEST_MAX];
	int dir = descent_parent(&ws->descent, path, e->path_len, false, &name);
	if (dir < 0 && errno == ENOTDIR)
		return blocked(p, e, false);
	if (dir < 0 || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno != ENOENT)
			return wire_fail(&ws->wire, "%.200s: %s", path, strerror(errno));
		want(p, e);
		return true;
	}
	if (S_ISDIR(st.st_mode) && e->mode == MODE_SUBMODULE)
		e->flags |= ENTRY_HERE;
	else if (S_ISDIR(st.st_mode))
		directory_in_the_way(p, e, KEPT_OWN);
	else
		return other_content(p, e, &st, id, false, KEPT_OWN);
	return true;
}

/* Delivered as the host has it still, and nobody has run here since it was seen to lie so. */
static bool still_here(struct prepare *p, struct entry *e, const struct entry *m)
{
	if (!p->begin.fresh || p->begin.force || p->begin.readonly != p->ws->manifest.readonly ||
	    m->flags & ENTRY_ASTRAY || !id_known(e->id) || memcmp(e->id, m->id, p->list.id_len) || e->mode != m->mode ||
	    e->mode == MODE_SUBMODULE || e->mtime != m->mtime)
		return false;
	e->size = m->size;
	e->ctime = m->ctime;
	e->ino = m->ino;
	e->disk_mode = m->disk_mode;
	e->flags |= ENTRY_HERE;
	return true;
}

static bool known_entry(struct prepare *p, struct entry *e, struct entry *m)
{
	struct workspace *ws = p->ws;
	struct stat st;
	uint8_t id[DIGEST_MAX];
	bool hashed, same;
	if (still_here(p, e, m))
		return true;
	switch (workspace_compare(ws, m, &st, id, &hashed)) {
	case LIES_SAME:
		same = id_known(e->id) ? !memcmp(e->id, m->id, p->list.id_len)
				       : e->size == m->size && e->mtime == m->mtime;
		if (e->mode == MODE_SUBMODULE && m->mode == MODE_SUBMODULE)
			e->flags |= ENTRY_HERE;
		else if (m->mode == MODE_SUBMODULE)
			directory_in_the_way(p, e, KEPT_EDITED);
		else if (same && (e->mode & S_IFMT) == (m->mode & S_IFMT))
			here(p, e, &st, m->id);
		else
			want(p, e);
		return true;
	case LIES_BLOCKED:
		return blocked(p, e, true);
	case LIES_GONE:
		if (p->begin.force || e->mode == MODE_SUBMODULE ||
		    entries_find(&p->pending, entry_path(&p->list, e), e->path_len))
			want(p, e);
		else
			keep(p, e, KEPT_EDITED);
		return true;
	case LIES_DIRECTORY:
		if (e->mode == MODE_SUBMODULE)
			e->flags |= ENTRY_HERE;
		else
			directory_in_the_way(p, e, KEPT_EDITED);
		return true;
	case LIES_DIFFERENT:
		return other_content(p, e, &st, id, hashed, KEPT_EDITED);
	default:
		return false;
	}
}

static bool vanished(struct prepare *p, struct entry *m)
{
	struct workspace *ws = p->ws;
	const char *path = entry_path(&ws->manifest.files, m);
	struct stat st;
	uint8_t id[DIGEST_MAX];
	bool hashed;
	enum lies lies = workspace_compare(ws, m, &st, id, &hashed);
	if (lies == LIES_SAME || (lies == LIES_DIFFERENT && p->begin.force)) {
		m->flags |= ENTRY_REMOVE;
		wire_path(&ws->wire, WIRE_REMOVED, path, m->path_len);
	} else if (lies == LIES_DIFFERENT) {
		m->flags |= ENTRY_KEPT;
		kept(p, KEPT_GONE_ON_HOST, path, m->path_len);
	}
	return lies != LIES_ERROR;
}

/* A path of the list cannot be a file and lead to another one. */
static bool no_path_below_another(struct prepare *p)
{
	for (size_t i = 0; i + 1 < p->list.count; i++) {
		const struct entry *e = &p->list.at[i], *next = e + 1;
		size_t from, to;
		/* Most paths are no beginning of the next one, and then of none that follows. */
		if (next->path_len <= e->path_len ||
		    memcmp(entry_path(&p->list, e), entry_path(&p->list, next), e->path_len))
			continue;
		/* What follows in order need not be below: "a", "a-b", "a/b". */
		entries_below(&p->list, entry_path(&p->list, e), e->path_len, &from, &to);
		if (from < to)
			return wire_fail(&p->ws->wire, "%.300s is in the list and so is something below it",
					 entry_path(&p->list, e));
	}
	return true;
}

bool prepare_plan(struct prepare *p)
{
	struct entries *files = &p->ws->manifest.files;
	size_t i = 0, j = 0;
	if (!no_path_below_another(p))
		return false;
	while (i < p->list.count || j < files->count) {
		struct entry *e = i < p->list.count ? &p->list.at[i] : NULL;
		struct entry *m = j < files->count ? &files->at[j] : NULL;
		int c = !e ? 1 : !m ? -1
			   : path_compare(entry_path(&p->list, e), e->path_len, entry_path(files, m), m->path_len);
		bool ok = c < 0 ? new_entry(p, e) : c > 0 ? vanished(p, m) : known_entry(p, e, m);
		if (!ok || p->ws->wire.gone)
			return false;
		i += c <= 0;
		j += c >= 0;
	}
	return true;
}
