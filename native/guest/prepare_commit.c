/* The end of a delivery: git's leftovers go, the new manifest is put together and in force. */
#include "prepare.h"

#include <errno.h>
#include <stdio.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static bool carry(struct entries *to, const struct entries *from, const struct entry *e)
{
	struct entry *copy = entries_add(to, entry_path(from, e), e->path_len);
	if (!copy)
		return false;
	uint32_t path = copy->path;
	*copy = *e;
	copy->path = path;
	copy->flags = 0;
	return true;
}

/* What came now, and of before what was kept. */
static bool merge(struct prepare *p, struct entries *out)
{
	const struct entries *list = &p->list, *files = &p->ws->manifest.files;
	size_t i = 0, j = 0;
	bool ok = true;
	while (ok && (i < list->count || j < files->count)) {
		const struct entry *e = i < list->count ? &list->at[i] : NULL;
		const struct entry *m = j < files->count ? &files->at[j] : NULL;
		int c = !e ? 1 : !m ? -1
			   : path_compare(entry_path(list, e), e->path_len, entry_path(files, m), m->path_len);
		if (c <= 0 && e->flags & ENTRY_HERE)
			ok = carry(out, list, e);
		else if (c == 0)
			ok = carry(out, files, m);
		else if (c > 0 && m->flags & ENTRY_KEPT)
			ok = carry(out, files, m);
		i += c <= 0;
		j += c >= 0;
	}
	return ok;
}

static const struct entry *never_sent(const struct prepare *p)
{
	for (size_t i = 0; i < p->list.count; i++)
		if (p->list.at[i].flags & ENTRY_WANT)
			return &p->list.at[i];
	return NULL;
}

/* `.git` of a submodule: a file that names its repository. */
static bool name_gitdir(struct prepare *p)
{
	char text[sizeof p->begin.gitdir + 16];
	int n = snprintf(text, sizeof text, "gitdir: %s\n", p->begin.gitdir);
	int fd = place_open(p->ws->top, 0644);
	bool ok = fd >= 0 && write_all(fd, text, (size_t)n) && place_partial(p->ws->top, ".git");
	if (!ok)
		wire_fail(&p->ws->wire, ".git: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return ok;
}

bool prepare_commit(struct prepare *p)
{
	struct workspace *ws = p->ws;
	struct manifest next = { .readonly = p->begin.readonly, .files.id_len = p->list.id_len };
	const struct entry *missing = never_sent(p);
	if (missing)
		return wire_fail(&ws->wire, "COMMIT, but %.300s was not sent", entry_path(&p->list, missing));
	if (*p->begin.gitdir && !name_gitdir(p))
		return false;
	bool git = p->git != GIT_MOVED || p->begin.force;
	strcpy(next.gitdir, p->begin.gitdir);
	next.recorded = p->recorded;
	if (git) {
		if (p->git_names.len)
			git_sweep(ws, p->begin.gitdir, &p->git_names);
		next.git_names = p->git_names;
		memset(&p->git_names, 0, sizeof p->git_names);
		next.git_known = git_digests(ws, p->begin.gitdir, next.files.id_len, &next);
	} else {
		/* The guest's own state stays measured against what was delivered. */
		next.git_known = ws->manifest.git_known;
		memcpy(next.refs, ws->manifest.refs, sizeof next.refs);
		memcpy(next.index, ws->manifest.index, sizeof next.index);
		next.index_seen = ws->manifest.index_seen;
		next.git_names = ws->manifest.git_names;
		memset(&ws->manifest.git_names, 0, sizeof ws->manifest.git_names);
	}
	bool ok = merge(p, &next.files);
	manifest_digest(&next, next.digest);
	next.digest_known = true;
	if (!ok)
		wire_fail(&ws->wire, "no memory for the manifest");
	else if (!(ok = ledger_commit(&ws->ledger, &next)))
		wire_fail(&ws->wire, "the manifest: %s", strerror(errno));
	manifest_free(&ws->manifest);
	ws->manifest = next;
	return ok;
}
