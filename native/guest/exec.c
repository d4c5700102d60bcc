/* POST /exec: a command, its terminal or pipes, and its end, over one stream. */
#include "child.h"
#include "execpump.h"
#include "frames.h"
#include "inroot.h"
#include "util.h"
#include "worker.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENVIRONMENT "/run/banger/environment"

static bool receive(struct worker *w, struct buf *body)
{
	char chunk[16384];
	long n;
	while ((n = http_body(&w->http, chunk, sizeof chunk)) > 0)
		if (body->len + (size_t)n > EXEC_BODY || !buf_add(body, chunk, (size_t)n)) {
			http_error(w->fd, 413, "exec description above 4 MiB");
			return false;
		}
	if (n < 0)
		http_error(w->fd, 400, "%s", w->http.error);
	return n == 0;
}

static void tell_failure(struct worker *w, const struct child *ch)
{
	uint8_t status = (uint8_t)ch->status, head[FRAME_HEADER];
	frame_header(head, FRAME_WHY, strlen(ch->why));
	if (!write_all(w->fd, head, sizeof head) || !write_all(w->fd, ch->why, strlen(ch->why)))
		return;
	frame_header(head, FRAME_EXIT, 1);
	if (write_all(w->fd, head, sizeof head))
		write_all(w->fd, &status, 1);
}

void serve_exec(struct worker *w)
{
	/* Large; a worker serves one request. */
	static struct execspec spec;
	struct buf body = { 0 };
	struct user user;
	struct child ch;
	struct stat st;
	if (!receive(w, &body))
		return;
	if (!execspec_parse(&spec, body.p ? body.p : "", body.len)) {
		http_error(w->fd, 400, "%s", spec.error);
		return;
	}
	buf_free(&body);
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (!users_find(root, spec.user ? spec.user : "root", &user)) {
		http_error(w->fd, 400, "no user %.64s", spec.user);
		return;
	}
	if (spec.cwd && (stat(spec.cwd, &st) < 0 || !S_ISDIR(st.st_mode))) {
		http_error(w->fd, 400, "no directory %.400s", spec.cwd);
		return;
	}
	char *image = read_file_at(AT_FDCWD, ENVIRONMENT, 1024 * 1024, NULL);
	char **env = execspec_environment(&spec, &user, image);
	free(image);
	if (!env) {
		http_error(w->fd, 500, "no memory");
		return;
	}
	w->http.done = true;
	if (child_start(&ch, &spec, &user, env))
		exec_pump(w, &ch, spec.tty);
	else if (http_switch(w->fd, "banger-exec"))
		tell_failure(w, &ch);
}
