#include "worker.h"

#include "spawn.h"
#include "util.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* How long a refused request may go on sending before its stream is cut. */
#define LINGER_MS 2000

bool worker_ask(struct worker *w, const char *verb, int fd, char text[CALL_MAX])
{
	if (call_send(w->call, verb, fd) < 0 || call_receive(w->call, text, NULL, 0) <= 0)
		strcpy(text, "the agent did not answer");
	return !strcmp(text, "ok");
}

static int count_processes(void)
{
	DIR *proc = opendir("/proc");
	int n = 0;
	for (struct dirent *e; proc && (e = readdir(proc));)
		n += e->d_name[0] >= '1' && e->d_name[0] <= '9';
	if (proc)
		closedir(proc);
	return n;
}

void serve_healthz(struct worker *w)
{
	struct timespec t;
	struct buf b = { 0 };
	clock_gettime(CLOCK_BOOTTIME, &t);
	buf_addf(&b, "state=%s\ngeneration=%llu\nbuild=%s\nuptime_ms=%lld\ninit=%s\n", w->state,
		 (unsigned long long)w->generation, w->build,
		 (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000, w->init);
	buf_addf(&b, "sshd=%d\nprocesses=%d\n", find_sshd() != NULL, count_processes());
	http_answer(w->fd, 200, b.p, b.len);
	buf_free(&b);
}

static const struct route {
	const char *method, *path;
	void (*serve)(struct worker *w);
	void (*serve_path)(struct worker *w, const char *path);
	bool early; /* also before the configuration is applied */
} routes[] = {
	{ "GET", "/healthz", serve_healthz, NULL, true },
	{ "POST", "/configure", serve_configure, NULL, true },
	{ "GET", "/ports", serve_ports, NULL, false },
	{ "POST", "/exec", serve_exec, NULL, false },
	{ "POST", "/files", NULL, serve_files_in, false },
	{ "GET", "/files", NULL, serve_files_out, false },
	{ "POST", "/sync", serve_sync, NULL, false },
	{ "POST", "/seed", serve_seed, NULL, false },
	{ "POST", "/settle", serve_settle, NULL, false },
	{ "POST", "/quit", serve_quit, NULL, false },
	{ "POST", "/shrink", serve_shrink, NULL, false },
	{ "POST", "/power", serve_power, NULL, false },
	{ "POST", "/forward", serve_forward, NULL, false },
	{ "POST", "/workspace", NULL, serve_workspace, false },
};

static void with_path(struct worker *w, const struct route *r)
{
	char *path = http_param(&w->http, "path");
	if (!path || path[0] != '/')
		http_error(w->fd, 400, "no absolute path given");
	else
		r->serve_path(w, path);
	free(path);
}

static void route(struct worker *w)
{
	bool path_known = false;
	for (size_t i = 0; i < countof(routes); i++) {
		const struct route *r = &routes[i];
		if (strcmp(r->path, w->http.path))
			continue;
		path_known = true;
		if (strcmp(r->method, w->http.method))
			continue;
		if (!w->configured && !r->early)
			http_error(w->fd, 503, "state is %s", w->state);
		else if (r->serve)
			r->serve(w);
		else
			with_path(w, r);
		return;
	}
	if (path_known)
		http_error(w->fd, 405, "method not allowed here");
	else
		http_error(w->fd, 404, "no such path");
}

/* Closing with bytes unread would make some transports throw the answer away. */
static void linger(struct worker *w)
{
	char data[4096];
	struct pollfd p = { w->fd, POLLIN, 0 };
	shutdown(w->fd, SHUT_WR);
	if (w->http.done)
		return;
	int64_t until = now_ms() + LINGER_MS;
	while (now_ms() < until && poll(&p, 1, (int)(until - now_ms())) > 0)
		if (read(w->fd, data, sizeof data) <= 0)
			return;
}

void worker_serve(struct worker *w)
{
	int status = http_read_request(&w->http, w->fd);
	if (status < 0)
		return;
	if (status > 0)
		http_error(w->fd, status, "%s", w->http.error);
	else
		route(w);
	linger(w);
}

void worker_main(struct worker *w)
{
	signal(SIGPIPE, SIG_IGN);
	w->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	worker_serve(w);
	_exit(0);
}
