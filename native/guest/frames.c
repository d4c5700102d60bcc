#include "frames.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

uint8_t *frames_room(struct frames *f, size_t *room)
{
	if (f->used) {
		memmove(f->data, f->data + f->used, f->len - f->used);
		f->len -= f->used;
		f->used = 0;
	}
	*room = sizeof f->data - f->len;
	return f->data + f->len;
}

void frames_added(struct frames *f, size_t len)
{
	f->len += len;
}

int frames_next(struct frames *f, unsigned *type, const uint8_t **payload, size_t *len)
{
	const uint8_t *h = f->data + f->used;
	if (f->len - f->used < FRAME_HEADER)
		return 0;
	size_t n = (size_t)h[1] << 16 | (size_t)h[2] << 8 | h[3];
	if (n > FRAME_MAX)
		return -1;
	if (f->len - f->used - FRAME_HEADER < n)
		return 0;
	*type = h[0];
	*payload = h + FRAME_HEADER;
	*len = n;
	f->used += FRAME_HEADER + n;
	return 1;
}

void frame_header(uint8_t *at, unsigned type, size_t len)
{
	at[0] = (uint8_t)type;
	at[1] = (uint8_t)(len >> 16);
	at[2] = (uint8_t)(len >> 8);
	at[3] = (uint8_t)len;
}

bool outgoing_fits(const struct outgoing *o, size_t payload)
{
	return o->len - o->off + FRAME_HEADER + payload <= sizeof o->data;
}

bool outgoing_add(struct outgoing *o, unsigned type, const void *payload, size_t len)
{
	if (!outgoing_fits(o, len))
		return false;
	if (o->off) {
		memmove(o->data, o->data + o->off, o->len - o->off);
		o->len -= o->off;
		o->off = 0;
	}
	frame_header(o->data + o->len, type, len);
	if (len)
		memcpy(o->data + o->len + FRAME_HEADER, payload, len);
	o->len += FRAME_HEADER + len;
	return true;
}

bool outgoing_flush(struct outgoing *o, int fd)
{
	while (o->off < o->len) {
		ssize_t n = send(fd, o->data + o->off, o->len - o->off, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		o->off += (size_t)n;
	}
	o->off = o->len = 0;
	return true;
}
