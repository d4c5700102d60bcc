/* The conversation that delivers. */
#include "prepare.h"

#include "bigendian.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static bool take_list(struct prepare *p)
{
	struct wire *w = &p->ws->wire;
	struct wire_frame f;
	while (wire_next(w, &f)) {
		if (f.type == WIRE_LISTED)
			return f.len == 0 || wire_fail(w, "LISTED with a payload");
		if (f.type != WIRE_LIST)
			return wire_fail(w, "frame %u in the middle of the list", f.type);
		const char *wrong = entries_decode(&p->list, f.data, f.len);
		if (wrong)
			return wire_fail(w, "the list has %s", wrong);
	}
	return false;
}

static void answered(struct prepare *p)
{
	uint8_t git = (uint8_t)p->git;
	wire_send(&p->ws->wire, WIRE_ANSWERED, &git, 1);
}

static void done(struct prepare *p)
{
	uint8_t text[SHA256_LEN + 4 + 8];
	manifest_digest(&p->ws->manifest, text);
	put_be64(put_be32(text + SHA256_LEN, p->files), p->bytes);
	workspace_end(p->ws, WIRE_DONE, text, sizeof text);
	ledger_sync_behind(&p->ws->ledger, p->ws->top);
}

/* A workspace of another format begins anew: none of its ids can be compared. */
static bool format_fits(struct prepare *p)
{
	struct manifest *m = &p->ws->manifest;
	if (!m->files.id_len)
		m->files.id_len = p->list.id_len;
	return m->files.id_len == p->list.id_len ||
	       wire_fail(&p->ws->wire, "what was delivered before has the other object format");
}

void workspace_prepare(struct workspace *ws)
{
	static struct prepare p;
	memset(&p, 0, sizeof p);
	p.ws = ws;
	p.gitdir = -1;
	if (begin_read(&ws->wire, &p.begin)) {
		p.list.id_len = p.begin.sha256 ? SHA256_LEN : SHA1_LEN;
		p.interrupted = ws->state == LEDGER_INCOMPLETE &&
				ledger_pending(&ws->ledger, &p.pending, &p.pending_git);
		bool ok = format_fits(&p) && take_list(&p);
		if (ok) {
			p.git = git_state(ws, p.begin.gitdir, p.pending_git);
			p.recorded = workspace_now();
			ok = prepare_plan(&p);
		}
		if (ok) {
			answered(&p);
			if (prepare_receive(&p) && prepare_commit(&p))
				done(&p);
		}
	}
	descent_forget(&p.git_descent);
	if (p.gitdir >= 0)
		close(p.gitdir);
	entries_free(&p.list);
	entries_free(&p.pending);
	buf_free(&p.git_names);
}
