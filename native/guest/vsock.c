/* The channel over vsock: control is a connection to the host, streams are connections from it. */
#include "core.h"

#include "log.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* After sys/socket.h, which it needs. */
#include <linux/vm_sockets.h>

enum { CONTROL_PORT = 1, STREAMS_PORT = 10, WORKERS_MAX = 1024 };

long vsock_peer(int fd)
{
	struct sockaddr_vm a;
	socklen_t len = sizeof a;
	memset(&a, 0, sizeof a);
	if (getpeername(fd, (struct sockaddr *)&a, &len) < 0 || a.svm_family != AF_VSOCK)
		return -1;
	return (long)a.svm_cid;
}

static int vsock_socket(void)
{
	return socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

bool vsock_open(struct core *c)
{
	struct sockaddr_vm a = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY,
				 .svm_port = STREAMS_PORT };
	unsigned cid = 0;
	int dev = open("/dev/vsock", O_RDONLY | O_CLOEXEC);
	/* The socket family may be there without a device behind it. */
	bool real = dev >= 0 && ioctl(dev, IOCTL_VM_SOCKETS_GET_LOCAL_CID, &cid) == 0 && cid > 2 &&
		    cid != VMADDR_CID_ANY;
	if (dev >= 0)
		close(dev);
	if (!real)
		return false;
	c->listener.fd = vsock_socket();
	if (c->listener.fd >= 0 && bind(c->listener.fd, (struct sockaddr *)&a, sizeof a) == 0 &&
	    listen(c->listener.fd, 128) == 0 && loop_add(&c->loop, &c->listener))
		return true;
	loop_close(&c->loop, &c->listener);
	return false;
}

void vsock_connect_control(struct core *c)
{
	struct sockaddr_vm a = { .svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_HOST,
				 .svm_port = CONTROL_PORT };
	int fd = vsock_socket();
	/* A refusal comes as an end at the first read, which tries again a little later. */
	if (fd >= 0 && (connect(fd, (struct sockaddr *)&a, sizeof a) == 0 || errno == EINPROGRESS)) {
		core_control_attach(c, fd);
		return;
	}
	if (fd >= 0)
		close(fd);
	c->channel_at = now_ms() + 100;
}

void vsock_accept(struct source *source, uint32_t events)
{
	struct core *c = (struct core *)((char *)source - offsetof(struct core, listener));
	(void)events;
	for (;;) {
		int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (fd < 0)
			return;
		unsigned count = 0;
		for (struct call *call = c->calls; call; call = call->next)
			count++;
		bool silent = c->state == ST_QUIESCED || c->state == ST_FROZEN || c->quiesce_at;
		/* A process in the guest that finds a way to this port must not get root's power. */
		int copy = -1;
		if (vsock_peer(fd) == VMADDR_CID_HOST && count < WORKERS_MAX && !silent)
			copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		if (copy >= 0 && !calls_start(c, fd, copy))
			close(copy);
		close(fd);
	}
}
