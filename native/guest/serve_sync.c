/* POST /sync: the main process runs it, so that the thaw after 10 s does not depend on this one. */
#include "spawn.h"
#include "worker.h"

#include <stdlib.h>
#include <string.h>

void serve_sync(struct worker *w)
{
	char *freeze = http_param(&w->http, "freeze"), text[CALL_MAX];
	bool on = freeze && !strcmp(freeze, "1");
	if (freeze && !on && strcmp(freeze, "0"))
		http_error(w->fd, 400, "freeze is neither 0 nor 1");
	else if (worker_ask(w, on ? "sync 1" : "sync 0", -1, text))
		http_answer(w->fd, 200, "", 0);
	else
		http_error(w->fd, 500, "%s", text);
	free(freeze);
}
