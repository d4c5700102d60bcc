#include "forward.h"

#include "frames.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct relay {
	int host, fd;
	bool gone;              /* the host ended the stream, or broke the rules */
	bool in_end, told_end;  /* the host's bytes ended; the socket was told */
	bool out_end;           /* the socket's bytes ended, the host was told */
	const uint8_t *in;
	size_t in_len;
	struct frames frames;
	struct outgoing out;
};

static void feed(struct relay *r)
{
	while (r->in_len) {
		ssize_t n = send(r->fd, r->in, r->in_len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		/* Nobody reads there any more: what still comes is dropped. */
		if (n < 0)
			n = (ssize_t)r->in_len;
		r->in += n;
		r->in_len -= (size_t)n;
	}
	if (r->in_end && !r->told_end) {
		shutdown(r->fd, SHUT_WR);
		r->told_end = true;
	}
}

static void from_host(struct relay *r)
{
	while (!r->in_len && !r->gone) {
		unsigned type;
		size_t len, room;
		const uint8_t *data;
		int got = frames_next(&r->frames, &type, &data, &len);
		if (got > 0) {
			r->gone = type != FRAME_IN || r->in_end;
			r->in = data;
			r->in_len = len;
			r->in_end = len == 0;
			feed(r);
			continue;
		}
		if (got < 0) {
			r->gone = true;
			return;
		}
		uint8_t *at = frames_room(&r->frames, &room);
		ssize_t n = recv(r->host, at, room, MSG_DONTWAIT);
		if (n > 0)
			frames_added(&r->frames, (size_t)n);
		else if (n < 0 && errno == EINTR)
			continue;
		else if (n < 0 && errno == EAGAIN)
			return;
		else
			r->gone = true;
	}
}

static void from_socket(struct relay *r)
{
	uint8_t data[FRAME_MAX];
	while (!r->out_end && outgoing_fits(&r->out, sizeof data)) {
		ssize_t n = recv(r->fd, data, sizeof data, MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n > 0) {
			outgoing_add(&r->out, FRAME_OUT, data, (size_t)n);
			continue;
		}
		outgoing_add(&r->out, FRAME_OUT, NULL, 0);
		r->out_end = true;
	}
}

void forward_relay(struct worker *w, int fd)
{
	static struct relay r;
	const char *rest;
	size_t room, n = http_rest(&w->http, &rest);
	r.host = w->fd;
	r.fd = fd;
	memcpy(frames_room(&r.frames, &room), rest, n);
	frames_added(&r.frames, n);
	for (;;) {
		from_socket(&r);
		feed(&r);
		from_host(&r);
		if (r.gone || !outgoing_flush(&r.out, r.host))
			return;
		bool waiting = r.out.off < r.out.len;
		if (r.out_end && r.told_end && !waiting)
			return;
		struct pollfd p[2] = {
			{ r.host, (short)(POLLRDHUP | (r.in_len ? 0 : POLLIN) | (waiting ? POLLOUT : 0)), 0 },
			{ fd, (short)((r.in_len ? POLLOUT : 0) |
				      (!r.out_end && outgoing_fits(&r.out, FRAME_MAX) ? POLLIN : 0)), 0 },
		};
		/* A closed socket reports that for ever; it matters when nothing is left to pass on. */
		if (r.out_end && waiting)
			p[1].fd = -1;
		if (!r.out_end && !outgoing_fits(&r.out, FRAME_MAX) && !r.in_len)
			p[1].fd = -1;
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return;
		if (p[0].revents & (POLLHUP | POLLERR) || (r.in_len && p[0].revents & POLLRDHUP))
			return;
		if (r.out_end && !waiting && p[1].revents & (POLLHUP | POLLERR))
			return;
	}
}
