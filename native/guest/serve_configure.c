/* POST /configure: receives the archive, checks it whole, and hands it to the main process. */
#include "config.h"
#include "spawn.h"
#include "util.h"
#include "worker.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void serve_configure(struct worker *w)
{
	int fd = memfd_create("configuration", MFD_CLOEXEC);
	char chunk[65536], error[CONFIG_ERROR], text[CALL_MAX];
	struct config conf;
	size_t total = 0;
	long n;
	if (fd < 0) {
		http_error(w->fd, 500, "no memory for the archive");
		return;
	}
	while ((n = http_body(&w->http, chunk, sizeof chunk)) > 0) {
		total += (size_t)n;
		if (total > CONFIG_MAX || !write_all(fd, chunk, (size_t)n)) {
			http_error(w->fd, total > CONFIG_MAX ? 413 : 500, "archive above 8 MiB");
			return;
		}
	}
	if (n < 0) {
		http_error(w->fd, 400, "%s", w->http.error);
		return;
	}
	void *data = total ? mmap(NULL, total, PROT_READ, MAP_SHARED, fd, 0) : NULL;
	if (data == MAP_FAILED || !data)
		http_error(w->fd, 400, "empty archive");
	else if (!config_check(data, total, &conf, error))
		http_error(w->fd, 400, "%s", error);
	else if (worker_ask(w, "configure", fd, text))
		http_answer(w->fd, 200, "", 0);
	else
		http_error(w->fd, strcmp(text, "busy") ? 500 : 409, "%s", text);
}
