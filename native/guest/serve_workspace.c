/* POST /workspace: the conversations that carry a repository into the guest and the work out of it. */
#include "tar.h"
#include "util.h"
#include "worker.h"
#include "workspace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

struct conversation {
	const char *name;
	void (*hold)(struct workspace *ws);
};

static const struct conversation conversations[] = {
	{ "prepare", workspace_prepare }, { "scan", workspace_scan }, { "read", workspace_read },
};

static const struct conversation *find(const struct http *h)
{
	char *op = http_param(h, "op");
	const struct conversation *found = NULL;
	for (size_t i = 0; op && i < countof(conversations); i++)
		if (!strcmp(op, conversations[i].name))
			found = &conversations[i];
	free(op);
	return found;
}

static bool opened(struct worker *w, struct workspace *ws, bool prepare)
{
	char clean[TAR_PATH + 1] = "/";
	struct stat st;
	size_t len = strlen(ws->path);
	if (len >= TAR_PATH || !memcpy(clean + 1, ws->path + 1, len) || !tar_clean_path(clean + 1) || !clean[1]) {
		http_error(w->fd, 400, "%.200s: not a path for a work tree", ws->path);
		return false;
	}
	strcpy((char *)ws->path, clean);
	if (!workspace_open_top(ws, false) && errno != ENOENT) {
		http_error(w->fd, 400, "%.300s: %s", ws->path, strerror(errno));
		return false;
	}
	if (ws->top >= 0 && (fstat(ws->top, &st) < 0 || !S_ISDIR(st.st_mode))) {
		http_error(w->fd, 400, "%.300s: not a directory", ws->path);
		return false;
	}
	if (w->disk < 0) {
		http_error(w->fd, 500, "there is no disk to keep a manifest on");
		return false;
	}
	switch (ledger_open(&ws->ledger, w->disk, ws->path, prepare)) {
	case LEDGER_BUSY:
		http_error(w->fd, 409, "%.300s: another conversation about it is going on", ws->path);
		return false;
	case LEDGER_FAILED:
		http_error(w->fd, errno == ENOSPC ? 507 : 500, "the manifest of %.300s: %s", ws->path, strerror(errno));
		return false;
	default:
		return true;
	}
}

void serve_workspace(struct worker *w, const char *path)
{
	static struct workspace ws;
	const struct conversation *c = find(&w->http);
	const char *rest;
	if (!c) {
		http_error(w->fd, 400, "op is none of prepare, scan, read");
		return;
	}
	/* Large lists are this process's own: it may be ended for its memory, the agent may not. Nor is it before others. */
	write_file("/proc/self/oom_score_adj", "0");
	setpriority(PRIO_PROCESS, 0, 0);
	descent_limits();
	umask(0);
	ws.path = path;
	ws.root = w->root;
	ws.top = ws.ledger.dir = ws.ledger.lock = -1;
	ws.ledger.fast = w->fast;
	ws.wire.fd = w->fd;
	if (opened(w, &ws, c->hold == workspace_prepare) && http_switch(w->fd, "banger-workspace")) {
		size_t n = http_rest(&w->http, &rest);
		memcpy(ws.wire.in, rest, n);
		ws.wire.in_len = n;
		/* A host that is told why keeps its words: what it still sends is read and dropped for a while. */
		w->http.done = false;
		ws.state = ledger_read(&ws.ledger, &ws.manifest);
		c->hold(&ws);
		wire_flush(&ws.wire);
		w->http.done = !ws.wire.failed;
	}
	manifest_free(&ws.manifest);
	descent_forget(&ws.descent);
	if (ws.top >= 0)
		close(ws.top);
	ledger_close(&ws.ledger);
}
