#include "entries.h"

#include "bigendian.h"

#include <stdlib.h>
#include <string.h>

/* mode, size, mtime, path length; the id comes before the length. */
enum { FIXED = 4 + 8 + 8 + 2 };

bool path_allowed(const char *path, size_t len, bool git)
{
	if (!len || len > ENTRY_PATH || memchr(path, 0, len))
		return false;
	for (size_t i = 0; i <= len;) {
		const char *slash = memchr(path + i, '/', len - i);
		size_t n = slash ? (size_t)(slash - path) - i : len - i;
		const char *c = path + i;
		if (n == 0 || n > 255 || (n == 1 && c[0] == '.') || (n == 2 && c[0] == '.' && c[1] == '.'))
			return false;
		if (!git && n == 4 && !memcmp(c, ".git", 4))
			return false;
		i += n + 1;
	}
	return true;
}

const char *entry_path(const struct entries *e, const struct entry *one)
{
	return e->paths + one->path;
}

struct entry *entries_add(struct entries *e, const char *path, size_t len)
{
	if (e->count == ENTRIES_MAX || e->paths_len + len + 1 > ENTRIES_PATHS)
		return NULL;
	if (e->count == e->room) {
		size_t room = e->room ? e->room + e->room / 2 : 256;
		struct entry *p = realloc(e->at, room * sizeof *p);
		if (!p)
			return NULL;
		e->at = p;
		e->room = room;
	}
	if (e->paths_len + len + 1 > e->paths_room) {
		size_t room = e->paths_room ? e->paths_room + e->paths_room / 2 : 16384;
		char *p = realloc(e->paths, room);
		if (!p)
			return NULL;
		e->paths = p;
		e->paths_room = room;
	}
	struct entry *one = &e->at[e->count++];
	memset(one, 0, sizeof *one);
	one->path = (uint32_t)e->paths_len;
	one->path_len = (uint16_t)len;
	memcpy(e->paths + e->paths_len, path, len);
	e->paths[e->paths_len + len] = 0;
	e->paths_len += len + 1;
	return one;
}

const char *entries_decode(struct entries *e, const uint8_t *data, size_t len)
{
	while (len) {
		size_t fixed = FIXED + e->id_len;
		if (len < fixed)
			return "an entry cut short";
		const uint8_t *id = data + 20;
		size_t n = be16_at(id + e->id_len);
		const char *path = (const char *)id + e->id_len + 2;
		uint32_t mode = be32_at(data);
		if (len - fixed < n)
			return "an entry cut short";
		if (!path_allowed(path, n, false))
			return "a path that is not allowed";
		if (mode != MODE_SUBMODULE && !S_ISREG(mode) && !S_ISLNK(mode))
			return "a mode that is neither a file's, a link's nor a submodule's";
		if (be64_at(data + 4) > INT64_MAX)
			return "a size beyond all bounds";
		if (e->count) {
			const struct entry *last = &e->at[e->count - 1];
			if (path_compare(entry_path(e, last), last->path_len, path, n) >= 0)
				return "paths out of order";
		}
		struct entry *one = entries_add(e, path, n);
		if (!one)
			return "more than 2000000 paths, or more than memory can hold";
		one->mode = mode;
		one->size = be64_at(data + 4);
		one->mtime = (int64_t)be64_at(data + 12);
		memcpy(one->id, id, e->id_len);
		data += fixed + n;
		len -= fixed + n;
	}
	return NULL;
}

void entry_send(struct wire *w, unsigned type, const struct entries *e, const struct entry *one)
{
	uint8_t *p = wire_item(w, type, FIXED + e->id_len + one->path_len);
	p = put_be32(p, one->mode);
	p = put_be64(p, one->size);
	p = put_be64(p, (uint64_t)one->mtime);
	memcpy(p, one->id, e->id_len);
	p = put_be16(p + e->id_len, one->path_len);
	memcpy(p, entry_path(e, one), one->path_len);
}

int path_compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int c = memcmp(a, b, a_len < b_len ? a_len : b_len);
	return c ? c : a_len < b_len ? -1 : a_len > b_len;
}

size_t entries_lower(const struct entries *e, const char *path, size_t len)
{
	size_t from = 0, to = e->count;
	while (from < to) {
		size_t mid = from + (to - from) / 2;
		const struct entry *one = &e->at[mid];
		if (path_compare(entry_path(e, one), one->path_len, path, len) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

struct entry *entries_find(const struct entries *e, const char *path, size_t len)
{
	size_t i = entries_lower(e, path, len);
	if (i == e->count || path_compare(entry_path(e, &e->at[i]), e->at[i].path_len, path, len))
		return NULL;
	return &e->at[i];
}

void entries_below(const struct entries *e, const char *dir, size_t len, size_t *from, size_t *to)
{
	char edge[ENTRY_PATH + 1];
	memcpy(edge, dir, len);
	edge[len] = '/';
	*from = entries_lower(e, edge, len + 1);
	/* The byte behind the slash: everything between has the directory's name in front. */
	edge[len] = '/' + 1;
	*to = entries_lower(e, edge, len + 1);
}

int64_t mtime_of(const struct stat *st)
{
	return (int64_t)((uint64_t)st->st_mtim.tv_sec * 1000000000u + (uint64_t)st->st_mtim.tv_nsec);
}

int64_t ctime_of(const struct stat *st)
{
	return (int64_t)((uint64_t)st->st_ctim.tv_sec * 1000000000u + (uint64_t)st->st_ctim.tv_nsec);
}

void entry_record(struct entry *one, const struct stat *st)
{
	one->size = (uint64_t)st->st_size;
	one->mtime = mtime_of(st);
	one->ctime = ctime_of(st);
	one->ino = st->st_ino;
	one->disk_mode = st->st_mode;
}

bool entry_recorded(const struct entry *one, const struct stat *st)
{
	return one->disk_mode == st->st_mode && one->size == (uint64_t)st->st_size &&
	       one->ino == st->st_ino && one->ctime == ctime_of(st) && one->mtime == mtime_of(st);
}

void entries_free(struct entries *e)
{
	free(e->at);
	free(e->paths);
	memset(e, 0, sizeof *e);
}
