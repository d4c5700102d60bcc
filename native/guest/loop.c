#include "loop.h"

#include <sys/epoll.h>
#include <unistd.h>

bool loop_init(struct loop *loop)
{
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	return loop->epoll >= 0;
}

bool loop_add(struct loop *loop, struct source *source)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
				 .data.ptr = source };
	return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, source->fd, &e) == 0;
}

void loop_close(struct loop *loop, struct source *source)
{
	if (source->fd < 0)
		return;
	/* Not left to close(): a forked child may still hold the same open file. */
	epoll_ctl(loop->epoll, EPOLL_CTL_DEL, source->fd, NULL);
	close(source->fd);
	source->fd = -1;
}

bool loop_once(struct loop *loop, int timeout_ms)
{
	struct epoll_event e;
	if (epoll_wait(loop->epoll, &e, 1, timeout_ms) != 1)
		return false;
	struct source *source = e.data.ptr;
	source->fn(source, e.events);
	return true;
}
