#include "scan.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/* Says how a path is now; what is neither a file nor a link is as good as deleted. */
static bool changed(struct scan *s, struct entry *e, const struct stat *st, const uint8_t *id)
{
	struct workspace *ws = s->ws;
	/* A copy: the entry itself goes on saying what was delivered. */
	struct entry now = *e;
	now.mode = st->st_mode;
	now.size = (uint64_t)st->st_size;
	now.mtime = mtime_of(st);
	memcpy(now.id, id, sizeof now.id);
	entry_send(&ws->wire, WIRE_CHANGED, &ws->manifest.files, &now);
	e->flags |= ENTRY_DIFFERS;
	return true;
}

static bool look(struct scan *s, struct entry *e)
{
	struct workspace *ws = s->ws;
	const char *name, *path = entry_path(&ws->manifest.files, e);
	struct stat st;
	uint8_t id[DIGEST_MAX] = { 0 };
	bool hashed;
	enum lies lies = workspace_compare(ws, e, &st, id, &hashed);
	if (lies == LIES_SAME)
		s->refreshed = s->refreshed || hashed;
	if (lies == LIES_SAME || lies == LIES_ERROR)
		return lies == LIES_SAME;
	if (lies == LIES_DIFFERENT && (S_ISREG(st.st_mode) || S_ISLNK(st.st_mode))) {
		if (hashed || st.st_size > SCAN_HASH_MAX)
			return changed(s, e, &st, id);
		int dir = descent_parent(&ws->descent, path, e->path_len, false, &name);
		lies = dir < 0 ? LIES_GONE : workspace_hash(ws, dir, name, &st, id);
		if (lies == LIES_ERROR)
			return false;
		if (lies == LIES_SAME)
			return changed(s, e, &st, id);
	}
	e->flags |= ENTRY_REMOVE;
	return true;
}

bool scan_changes(struct scan *s)
{
	struct workspace *ws = s->ws;
	struct entries *files = &ws->manifest.files;
	for (size_t i = 0; i < files->count; i++) {
		struct entry *e = &files->at[i];
		if (!look(s, e))
			return false;
		bool astray = e->flags & (ENTRY_DIFFERS | ENTRY_REMOVE);
		if (s->saved && astray != !!(e->flags & ENTRY_ASTRAY)) {
			e->flags ^= ENTRY_ASTRAY;
			s->refreshed = true;
		}
		if (i % 1024 == 1023 && !wire_alive(&ws->wire))
			return false;
	}
	for (size_t i = 0; i < files->count; i++)
		if (files->at[i].flags & ENTRY_REMOVE)
			wire_path(&ws->wire, WIRE_DELETED, entry_path(files, &files->at[i]), files->at[i].path_len);
	return !ws->wire.gone;
}
