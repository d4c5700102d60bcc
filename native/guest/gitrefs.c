#include "gitstate.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOOSE_MAX = 8192, PACKED_MAX = 256 * 1024 * 1024, HOPS_MAX = 5 };

char *git_text(int gitdir, const char *name, size_t max, size_t *len)
{
	struct buf b = { 0 };
	struct stat st;
	char chunk[16384];
	ssize_t n = 0;
	int fd = openat(gitdir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	bool ok = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && buf_add(&b, "", 0);
	while (ok && (n = read(fd, chunk, sizeof chunk)) > 0)
		ok = b.len + (size_t)n <= max && buf_add(&b, chunk, (size_t)n);
	if (fd >= 0)
		close(fd);
	if (!ok || n < 0) {
		buf_free(&b);
		return NULL;
	}
	*len = b.len;
	return b.p;
}

bool git_id(const char *text, size_t id_len, uint8_t *id)
{
	char digits[2 * DIGEST_MAX + 1];
	size_t n = strspn(text, "0123456789abcdef");
	if (n != 2 * id_len || (text[n] && !strchr(" \t\r\n", text[n])))
		return false;
	memcpy(digits, text, n);
	digits[n] = 0;
	return hex_decode(digits, n, id);
}

/* One loose ref; what is none is passed over. */
static bool loose(struct refs *r, int dir, const char *file, const char *name, size_t name_len)
{
	size_t len;
	uint8_t id[DIGEST_MAX] = { 0 };
	char *text = git_text(dir, file, LOOSE_MAX, &len);
	bool symbolic = text && !strncmp(text, "ref: ", 5), ok = true;
	if (text && (symbolic || git_id(text, r->list.id_len, id))) {
		struct entry *e = entries_add(&r->list, name, name_len);
		ok = e != NULL;
		if (ok)
			memcpy(e->id, id, sizeof e->id);
		if (ok && symbolic) {
			text[5 + strcspn(text + 5, "\r\n")] = 0;
			e->flags = REF_SYMBOLIC;
			e->ino = r->targets.len;
			ok = buf_add(&r->targets, text + 5, strlen(text + 5) + 1);
		}
	}
	free(text);
	return ok;
}

/* fd is taken over. */
static bool directory(struct refs *r, int fd, char path[ENTRY_PATH + 1], size_t len)
{
	DIR *d = fdopendir(fd);
	bool ok = true;
	if (!d) {
		close(fd);
		return false;
	}
	for (struct dirent *e; ok && (e = readdir(d));) {
		size_t n = strlen(e->d_name);
		bool lock = n > 5 && !strcmp(e->d_name + n - 5, ".lock");
		if (e->d_name[0] == '.' || lock || len + 1 + n > ENTRY_PATH)
			continue;
		path[len] = '/';
		memcpy(path + len + 1, e->d_name, n + 1);
		int sub = e->d_type == DT_DIR || e->d_type == DT_UNKNOWN
				  ? openat(fd, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
		ok = sub >= 0 ? directory(r, sub, path, len + 1 + n)
			      : loose(r, fd, e->d_name, path, len + 1 + n);
	}
	closedir(d);
	return ok;
}

static bool packed(struct refs *r, int gitdir)
{
	size_t len, id_len = r->list.id_len;
	char *text = git_text(gitdir, "packed-refs", PACKED_MAX, &len), *save = NULL;
	bool ok = true;
	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line && ok; line = strtok_r(NULL, "\n", &save)) {
		uint8_t id[DIGEST_MAX] = { 0 };
		size_t n = strlen(line);
		if (n <= 2 * id_len + 1 || n - 2 * id_len - 1 > ENTRY_PATH || !git_id(line, id_len, id))
			continue;
		struct entry *e = entries_add(&r->list, line + 2 * id_len + 1, n - 2 * id_len - 1);
		ok = e != NULL;
		if (ok) {
			memcpy(e->id, id, sizeof e->id);
			/* Sorts behind a loose one of the same name. */
			e->mode = 1;
		}
	}
	free(text);
	return ok;
}

static int by_name(const void *a, const void *b, void *refs)
{
	const struct entry *x = a, *y = b;
	const struct entries *list = refs;
	int c = path_compare(entry_path(list, x), x->path_len, entry_path(list, y), y->path_len);
	return c ? c : (int)x->mode - (int)y->mode;
}

bool refs_collect(int gitdir, size_t id_len, struct refs *r)
{
	char path[ENTRY_PATH + 1] = "refs";
	memset(r, 0, sizeof *r);
	r->list.id_len = id_len;
	int fd = openat(gitdir, "refs", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if ((fd >= 0 && !directory(r, fd, path, 4)) || !packed(r, gitdir))
		return false;
	struct entries *l = &r->list;
	size_t out = 0;
	if (l->count)
		qsort_r(l->at, l->count, sizeof *l->at, by_name, l);
	for (size_t i = 0; i < l->count; i++) {
		const struct entry *last = out ? &l->at[out - 1] : NULL;
		if (!last || path_compare(entry_path(l, last), last->path_len, entry_path(l, &l->at[i]), l->at[i].path_len))
			l->at[out++] = l->at[i];
	}
	l->count = out;
	return true;
}

const uint8_t *refs_resolve(const struct refs *r, const struct entry *ref)
{
	for (int hops = 0; ref && hops <= HOPS_MAX; hops++) {
		if (!(ref->flags & REF_SYMBOLIC))
			return ref->id;
		const char *target = r->targets.p + ref->ino;
		ref = entries_find(&r->list, target, strlen(target));
	}
	return NULL;
}

void refs_free(struct refs *r)
{
	entries_free(&r->list);
	buf_free(&r->targets);
}
