/* POST /forward: a TCP connection inside the guest, or an sshd of our own on the stream. */
#include "child.h"
#include "forward.h"
#include "util.h"
#include "worker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define SSHD_CONFIG "/run/banger/sshd_config"
#define CONNECT_MS 10000

static int connect_to(int family, uint16_t port)
{
	struct sockaddr_in a4 = { .sin_family = AF_INET, .sin_port = htons(port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 a6 = { .sin6_family = AF_INET6, .sin6_port = htons(port),
				   .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	bool six = family == AF_INET6;
	int one = 1, err = 0;
	socklen_t len = sizeof err;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (connect(fd, six ? (struct sockaddr *)&a6 : (struct sockaddr *)&a4,
		    six ? sizeof a6 : sizeof a4) == 0)
		return fd;
	struct pollfd p = { fd, POLLOUT, 0 };
	if (errno != EINPROGRESS)
		err = errno;
	else if (poll(&p, 1, CONNECT_MS) != 1)
		err = ETIMEDOUT;
	else
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len);
	if (!err)
		return fd;
	close(fd);
	errno = err;
	return -1;
}

const char *find_sshd(void)
{
	static const char *const paths[] = { "/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/bin/sshd",
					     "/sbin/sshd" };
	for (size_t i = 0; i < countof(paths); i++)
		if (access(paths[i], X_OK) == 0)
			return paths[i];
	return NULL;
}

/* A TCP connection of this process to itself. With any other socket sshd calls its peer "UNKNOWN",
   and the audit library then asks the name server for that name, several times: 40 s for each session
   in a guest without a way out (seen). */
static bool tcp_pair(int ends[2])
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in ours, theirs;
	socklen_t len = sizeof at;
	int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ends[1] = -1;
	bool ok = listener >= 0 && ends[0] >= 0 &&
		  bind(listener, (struct sockaddr *)&at, sizeof at) == 0 && listen(listener, 8) == 0 &&
		  getsockname(listener, (struct sockaddr *)&at, &len) == 0 &&
		  connect(ends[0], (struct sockaddr *)&at, sizeof at) == 0 &&
		  getsockname(ends[0], (struct sockaddr *)&ours, &len) == 0;
	/* Somebody else in the guest may have been faster: only our own connection counts. */
	while (ok && ends[1] < 0) {
		len = sizeof theirs;
		ends[1] = accept4(listener, (struct sockaddr *)&theirs, &len, SOCK_CLOEXEC);
		ok = ends[1] >= 0 || errno == EINTR || errno == ECONNABORTED;
		if (ends[1] >= 0 && theirs.sin_port != ours.sin_port) {
			close(ends[1]);
			ends[1] = -1;
		}
	}
	int err = errno;
	if (listener >= 0)
		close(listener);
	if (!ok && ends[0] >= 0)
		close(ends[0]);
	for (int i = 0; ok && i < 2; i++)
		setsockopt(ends[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	errno = err;
	return ok;
}

/* sshd with our configuration and keys on one end of a socket; nothing listens. */
static int start_sshd(const char *sshd, char cgroup[64])
{
	int ends[2];
	if (!tcp_pair(ends))
		return -1;
	/* Its privilege separation directory, which a unit would make. */
	mkdir("/run/sshd", 0755);
	cgroup_make(cgroup);
	pid_t pid = fork();
	if (pid == 0) {
		struct user u = { .name = "root", .group_count = 1 };
		char *argv[] = { (char *)sshd, "-i", "-f", SSHD_CONFIG, NULL };
		char *env[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
				"LANG=C.UTF-8", NULL };
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		setsid();
		cgroup_enter(cgroup);
		dup2(ends[1], 0);
		dup2(ends[1], 1);
		dup2(null, 2);
		child_become(&u, "/", true);
		execve(sshd, argv, env);
		_exit(127);
	}
	close(ends[1]);
	if (pid > 0 && !set_nonblock(ends[0]))
		return ends[0];
	close(ends[0]);
	return -1;
}

void serve_forward(struct worker *w)
{
	char *text = http_param(&w->http, "port"), cgroup[64] = "";
	uint64_t port = 0;
	bool good = text && parse_u64(text, 65535, &port) && port;
	free(text);
	if (!good) {
		http_error(w->fd, 400, "port is not a number from 1 to 65535");
		return;
	}
	const char *sshd = port == 22 && access(SSHD_CONFIG, R_OK) == 0 ? find_sshd() : NULL;
	int fd;
	if (sshd) {
		fd = start_sshd(sshd, cgroup);
	} else {
		fd = connect_to(AF_INET, (uint16_t)port);
		if (fd < 0)
			fd = connect_to(AF_INET6, (uint16_t)port);
	}
	if (fd < 0) {
		http_error(w->fd, 502, "port %llu: %s", (unsigned long long)port, strerror(errno));
		return;
	}
	w->http.done = true;
	if (http_switch(w->fd, "banger-forward"))
		forward_relay(w, fd);
	close(fd);
	cgroup_remove(cgroup);
}
