#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { KEEP_MAX = 8 };

static void close_from(int first)
{
	if (syscall(SYS_close_range, (unsigned)first, ~0u, 0) == 0)
		return;
	long max = sysconf(_SC_OPEN_MAX);
	for (int fd = first; fd < max; fd++)
		close(fd);
}

pid_t spawn_clean(const int *keep, int count)
{
	pid_t pid = fork();
	if (pid)
		return pid;
	int high[KEEP_MAX];
	/* Up first, so that placing one does not overwrite another. */
	for (int i = 0; i < count && i < KEEP_MAX; i++)
		high[i] = keep[i] < 0 ? -1 : fcntl(keep[i], F_DUPFD_CLOEXEC, 3 + KEEP_MAX);
	for (int i = 0; i < count && i < KEEP_MAX; i++) {
		if (high[i] >= 0)
			dup3(high[i], 3 + i, O_CLOEXEC);
		else
			close(3 + i);
	}
	close_from(3 + count);
	signal(SIGCHLD, SIG_DFL);
	return 0;
}

int call_pair(int ends[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
}

int call_send(int sock, const char *text, int fd)
{
	struct iovec iov = { (void *)text, strnlen(text, CALL_MAX - 1) };
	union { char space[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } control;
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	if (fd >= 0) {
		memset(&control, 0, sizeof control);
		msg.msg_control = &control;
		msg.msg_controllen = sizeof control;
		struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof fd);
	}
	return sendmsg(sock, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -1 : 0;
}

int call_receive(int sock, char text[CALL_MAX], int *fd, int flags)
{
	struct iovec iov = { text, CALL_MAX - 1 };
	union { char space[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } control;
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = sizeof control };
	ssize_t n;
	do
		n = recvmsg(sock, &msg, flags | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -1;
	text[n] = 0;
	int got = -1;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			memcpy(&got, CMSG_DATA(c), sizeof got);
	if (fd)
		*fd = got;
	else if (got >= 0)
		close(got);
	return (int)n;
}
