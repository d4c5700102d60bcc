/* The agent's side of workspaces on this machine, for tests of the host's side: the same code, no VM.

     agent-on-host --root DIR --state DIR

   answers one request (POST /workspace?op=…&path=P) on standard input and output, as one stream of the guest
   channel does. P is below --root, as a guest's path is below its root; manifests are kept below --state. Disks
   are not waited for. It is not shipped. */
#include "../util.h"
#include "../worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int directory(int argc, char **argv, const char *option)
{
	for (int i = 1; i + 1 < argc; i += 2)
		if (!strcmp(argv[i], option))
			return open(argv[i + 1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	errno = EINVAL;
	return -1;
}

static void serve(int fd, int root, int state)
{
	static struct worker w;
	w.fd = fd;
	w.call = -1;
	w.root = root;
	w.disk = state;
	w.fast = true;
	int status = http_read_request(&w.http, fd);
	char *path = status ? NULL : http_param(&w.http, "path");
	if (status > 0)
		http_error(fd, status, "%s", w.http.error);
	else if (status == 0 && (strcmp(w.http.path, "/workspace") || strcmp(w.http.method, "POST")))
		http_error(fd, 404, "only POST /workspace is served here");
	else if (status == 0 && (!path || *path != '/'))
		http_error(fd, 400, "no absolute path given");
	else if (status == 0)
		serve_workspace(&w, path);
	/* As the agent does: what still comes is dropped for a while, so that the answer is read. */
	char rest[4096];
	shutdown(fd, SHUT_WR);
	while (read(fd, rest, sizeof rest) > 0) {
	}
}

/* Both ways between the pipes and the socket, until the socket says nothing more. */
static void relay(int fd)
{
	static char in[65536], out[65536];
	bool open = true;
	for (;;) {
		struct pollfd p[2] = { { fd, POLLIN, 0 }, { open ? 0 : -1, POLLIN, 0 } };
		if (poll(p, 2, -1) < 0)
			return;
		ssize_t n = p[0].revents ? read(fd, out, sizeof out) : 1;
		if (n <= 0 || (p[0].revents && !write_all(1, out, (size_t)n)))
			return;
		if (!p[1].revents)
			continue;
		n = read(0, in, sizeof in);
		/* The other direction goes on while this one is full. */
		for (ssize_t done = 0; done < n;) {
			struct pollfd full[1] = { { fd, POLLIN | POLLOUT, 0 } };
			poll(full, 1, -1);
			ssize_t k = send(fd, in + done, (size_t)(n - done), MSG_DONTWAIT | MSG_NOSIGNAL);
			if (k > 0)
				done += k;
			else if (errno != EAGAIN)
				break;
			if (full[0].revents & POLLIN && (k = read(fd, out, sizeof out)) > 0)
				write_all(1, out, (size_t)k);
		}
		if (n <= 0) {
			shutdown(fd, SHUT_WR);
			open = false;
		}
	}
}

int main(int argc, char **argv)
{
	int ends[2], root = directory(argc, argv, "--root"), state = directory(argc, argv, "--state");
	if (argc != 5 || root < 0 || state < 0) {
		fprintf(stderr, "usage: agent-on-host --root DIR --state DIR (both must be there)\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return 1;
	pid_t pid = fork();
	if (pid == 0) {
		close(ends[0]);
		serve(ends[1], root, state);
		_exit(0);
	}
	close(ends[1]);
	relay(ends[0]);
	return pid < 0;
}
