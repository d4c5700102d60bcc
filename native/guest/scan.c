/* The conversation that finds out what the guest did. */
#include "scan.h"

#include "begin.h"
#include "gitstate.h"
#include "inroot.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEAD_MAX = 4096 };

static bool has_git(const struct workspace *ws)
{
	static const char *const places[] = { "usr/bin/git", "usr/local/bin/git", "bin/git" };
	bool found = false;
	for (unsigned i = 0; i < countof(places) && !found; i++) {
		int fd = inroot_open(ws->root, places[i], O_PATH);
		found = fd >= 0;
		if (found)
			close(fd);
	}
	return found;
}

/* HEAD's one line; one with bytes that are no line of text is left out. */
static void add_head(const struct workspace *ws, struct buf *b)
{
	size_t len = 0;
	int fd = git_open(ws, ws->manifest.gitdir, false);
	char *text = fd < 0 ? NULL : git_text(fd, "HEAD", HEAD_MAX, &len);
	if (fd >= 0)
		close(fd);
	if (text && len && text[len - 1] == '\n')
		text[--len] = 0;
	if (text && strlen(text) == len && !strchr(text, '\n'))
		buf_addf(b, "head=%s\n", text);
	free(text);
}

static void say_state(const struct workspace *ws)
{
	static const char *const names[] = { "none", "incomplete", "complete" };
	struct buf b = { 0 };
	buf_addf(&b, "state=%s\n", names[ws->state]);
	if (ws->state != LEDGER_NONE) {
		uint8_t sum[SHA256_LEN];
		char hex[2 * SHA256_LEN + 1];
		manifest_digest(&ws->manifest, sum);
		hex_encode(sum, sizeof sum, hex);
		buf_addf(&b, "digest=%s\nformat=%s\n", hex,
			 ws->manifest.files.id_len == SHA256_LEN ? "sha256" : "sha1");
	}
	if (ws->state == LEDGER_COMPLETE) {
		add_head(ws, &b);
		buf_addf(&b, "git=%d\n", git_state(ws, ws->manifest.gitdir, false));
	}
	buf_addf(&b, "git-program=%d\n", has_git(ws));
	wire_send(&((struct workspace *)ws)->wire, WIRE_STATE, b.p, b.len);
	buf_free(&b);
}

void workspace_scan(struct workspace *ws)
{
	struct scan s = { .ws = ws, .recorded = workspace_now() };
	struct begin begin;
	if (!begin_read(&ws->wire, &begin))
		return;
	s.saved = begin.saved;
	say_state(ws);
	if (ws->state == LEDGER_COMPLETE) {
		bool ok = scan_refs(&s) && scan_changes(&s) && scan_names(&s);
		/* Also where the host went away: what was hashed need not be hashed again. */
		if (s.refreshed && (ok || ws->wire.gone)) {
			ws->manifest.recorded = s.recorded;
			ledger_refresh(&ws->ledger, &ws->manifest);
		}
		if (!ok)
			return;
	}
	workspace_end(ws, WIRE_SCANNED, NULL, 0);
}
