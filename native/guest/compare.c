#include "workspace.h"

#include "inroot.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int64_t workspace_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME_COARSE, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

bool id_known(const uint8_t *id)
{
	static const uint8_t zero[DIGEST_MAX];
	return memcmp(id, zero, SHA1_LEN) != 0;
}

bool same_kind(uint32_t a, uint32_t b)
{
	if ((a & S_IFMT) != (b & S_IFMT))
		return false;
	return !S_ISREG(a) || !(a & S_IXUSR) == !(b & S_IXUSR);
}

bool workspace_open_top(struct workspace *ws, bool make)
{
	if (ws->top < 0)
		ws->top = make ? inroot_dir(ws->root, ws->path + 1, 0755)
			       : inroot_open(ws->root, ws->path + 1, O_PATH | O_DIRECTORY);
	descent_forget(&ws->descent);
	descent_start(&ws->descent, ws->top);
	return ws->top >= 0;
}

void workspace_end(struct workspace *ws, unsigned type, const void *data, size_t len)
{
	ledger_unlock(&ws->ledger);
	wire_send(&ws->wire, type, data, len);
	wire_flush(&ws->wire);
}

static bool alive(void *ctx)
{
	return wire_alive(ctx);
}

enum lies workspace_hash(struct workspace *ws, int dir, const char *name, struct stat *st, uint8_t *id)
{
	memset(id, 0, DIGEST_MAX);
	/* Whoever writes a file all the time gets the state of some moment. */
	for (int i = 0; i < 3; i++) {
		enum blob got = blob_of(dir, name, ws->manifest.files.id_len == SHA256_LEN, st, id, alive, &ws->wire);
		if (got == BLOB_DONE)
			return LIES_SAME;
		if (got == BLOB_GONE)
			return LIES_GONE;
		if (got == BLOB_ERROR) {
			wire_fail(&ws->wire, "%.200s: %s", name, strerror(errno));
			return LIES_ERROR;
		}
	}
	memset(id, 0, DIGEST_MAX);
	return LIES_SAME;
}

enum lies workspace_compare(struct workspace *ws, struct entry *e, struct stat *st, uint8_t *id, bool *hashed)
{
	const char *name, *path = entry_path(&ws->manifest.files, e);
	*hashed = false;
	int dir = descent_parent(&ws->descent, path, e->path_len, false, &name);
	if (dir < 0 && errno == ENOTDIR)
		return LIES_BLOCKED;
	if (dir < 0 || fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT)
			return LIES_GONE;
		wire_fail(&ws->wire, "%.200s: %s", path, strerror(errno));
		return LIES_ERROR;
	}
	if (S_ISDIR(st->st_mode))
		return e->mode == MODE_SUBMODULE ? LIES_SAME : LIES_DIRECTORY;
	if (e->mode == MODE_SUBMODULE || (!S_ISREG(st->st_mode) && !S_ISLNK(st->st_mode)))
		return LIES_DIFFERENT;
	/* A file as young as the record may have been written once more in the same tick of the clock. */
	if (entry_recorded(e, st) && e->mtime < ws->manifest.recorded)
		return LIES_SAME;
	if ((st->st_mode & S_IFMT) != (e->mode & S_IFMT) || (uint64_t)st->st_size != e->size)
		return LIES_DIFFERENT;
	enum lies lies = workspace_hash(ws, dir, name, st, id);
	*hashed = lies == LIES_SAME;
	if (lies != LIES_SAME)
		return lies;
	if (memcmp(id, e->id, ws->manifest.files.id_len) || !id_known(id))
		return LIES_DIFFERENT;
	/* Also the rights that git does not keep. A mode the workspace's disk has from us is no difference. */
	if (st->st_mode != e->disk_mode && !same_kind(st->st_mode, e->mode))
		return LIES_DIFFERENT;
	entry_record(e, st);
	return LIES_SAME;
}
