#include "scan.h"

#include "gitstate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEADS_MAX = 65536, LOG_MAX = 16 * 1024 * 1024 };

static void tip(struct scan *s, const uint8_t *id, const char *name, size_t len)
{
	uint8_t frame[DIGEST_MAX + ENTRY_PATH];
	size_t id_len = s->ws->manifest.files.id_len;
	memcpy(frame, id, id_len);
	memcpy(frame + id_len, name, len);
	wire_send(&s->ws->wire, WIRE_REF, frame, id_len + len);
}

/* A file of ids, one a line: the first under the file's name, then NAME@{1} and so on. */
static void heads(struct scan *s, int gitdir, const char *name)
{
	uint8_t id[DIGEST_MAX];
	size_t len;
	char full[64], *save = NULL, *text = git_text(gitdir, name, HEADS_MAX, &len);
	int n = 0;
	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save)) {
		if (!git_id(line, s->ws->manifest.files.id_len, id))
			continue;
		snprintf(full, sizeof full, n ? "%s@{%d}" : "%s", name, n);
		tip(s, id, full, strlen(full));
		n++;
	}
	free(text);
}

/* The second id of each line of the log; the last line is stash@{0}. */
static void stashes(struct scan *s, int gitdir)
{
	size_t len, id_len = s->ws->manifest.files.id_len, count = 0;
	char *text = git_text(gitdir, "logs/refs/stash", LOG_MAX, &len);
	for (const char *p = text; p && *p; p = *p ? p + 1 : p) {
		count++;
		p = strchrnul(p, '\n');
	}
	for (const char *p = text; p && *p; count--) {
		uint8_t id[DIGEST_MAX];
		char name[64];
		size_t n = strcspn(p, "\n");
		if (n > 4 * id_len + 1 && git_id(p + 2 * id_len + 1, id_len, id)) {
			snprintf(name, sizeof name, "refs/stash@{%zu}", count - 1);
			tip(s, id, name, strlen(name));
		}
		p += n + (p[n] == '\n');
	}
	free(text);
}

bool scan_refs(struct scan *s)
{
	struct workspace *ws = s->ws;
	struct refs refs;
	int gitdir = git_open(ws, ws->manifest.gitdir, false);
	if (gitdir < 0)
		return true;
	bool ok = refs_collect(gitdir, ws->manifest.files.id_len, &refs) ||
		  wire_fail(&ws->wire, "the repository has more refs than can be listed");
	for (size_t i = 0; ok && i < refs.list.count; i++) {
		const struct entry *e = &refs.list.at[i];
		const uint8_t *id = refs_resolve(&refs, e);
		if (id)
			tip(s, id, entry_path(&refs.list, e), e->path_len);
	}
	refs_free(&refs);
	static const char *const names[] = { "HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "ORIG_HEAD" };
	for (unsigned i = 0; ok && i < countof(names); i++)
		heads(s, gitdir, names[i]);
	if (ok)
		stashes(s, gitdir);
	close(gitdir);
	return ok && !ws->wire.gone;
}
