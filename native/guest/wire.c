#include "wire.h"

#include "bigendian.h"
#include "util.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FAILED_MAX = 400 };

static void close_frame(struct wire *w)
{
	if (w->open == w->out_len)
		return;
	unsigned type = w->out[w->open];
	frame_header(w->out + w->open, type, w->out_len - w->open - FRAME_HEADER);
	w->open = w->out_len;
}

void wire_flush(struct wire *w)
{
	close_frame(w);
	if (w->out_len && !w->gone && !write_all(w->fd, w->out, w->out_len))
		w->gone = true;
	w->out_len = w->open = 0;
}

static uint8_t *room(struct wire *w, unsigned type, size_t len)
{
	close_frame(w);
	if (sizeof w->out - w->out_len < FRAME_HEADER + len)
		wire_flush(w);
	uint8_t *at = w->out + w->out_len;
	frame_header(at, type, len);
	return at + FRAME_HEADER;
}

void wire_send(struct wire *w, unsigned type, const void *data, size_t len)
{
	uint8_t *at = room(w, type, len);
	if (len)
		memcpy(at, data, len);
	w->out_len += FRAME_HEADER + len;
	w->open = w->out_len;
}

uint8_t *wire_item(struct wire *w, unsigned type, size_t len)
{
	bool joins = w->open < w->out_len && w->out[w->open] == type &&
		     w->out_len - w->open - FRAME_HEADER + len <= FRAME_MAX &&
		     sizeof w->out - w->out_len >= len;
	uint8_t *at;
	if (joins) {
		at = w->out + w->out_len;
	} else {
		at = room(w, type, len);
		w->open = w->out_len;
		w->out_len += FRAME_HEADER;
	}
	w->out_len += len;
	return at;
}

uint8_t *wire_data_room(struct wire *w, size_t max)
{
	return room(w, WIRE_DATA, max);
}

void wire_data(struct wire *w, size_t len)
{
	frame_header(w->out + w->out_len, WIRE_DATA, len);
	w->out_len += FRAME_HEADER + len;
	w->open = w->out_len;
}

void wire_path(struct wire *w, unsigned type, const char *path, size_t len)
{
	uint8_t *at = wire_item(w, type, 2 + len);
	memcpy(put_be16(at, (uint16_t)len), path, len);
}

static bool fill(struct wire *w)
{
	if (w->in_off) {
		memmove(w->in, w->in + w->in_off, w->in_len - w->in_off);
		w->in_len -= w->in_off;
		w->in_off = 0;
	}
	ssize_t n;
	do
		n = read(w->fd, w->in + w->in_len, sizeof w->in - w->in_len);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		w->gone = true;
	else
		w->in_len += (size_t)n;
	return n > 0;
}

bool wire_next(struct wire *w, struct wire_frame *f)
{
	if (w->out_len)
		wire_flush(w);
	for (;;) {
		const uint8_t *h = w->in + w->in_off;
		size_t held = w->in_len - w->in_off, len = 0;
		if (w->gone || w->failed)
			return false;
		if (held >= FRAME_HEADER) {
			len = (size_t)h[1] << 16 | (size_t)h[2] << 8 | h[3];
			if (len > FRAME_MAX)
				return wire_fail(w, "a frame of %zu bytes", len);
		}
		if (held >= FRAME_HEADER && held - FRAME_HEADER >= len) {
			*f = (struct wire_frame){ h[0], h + FRAME_HEADER, len };
			w->in_off += FRAME_HEADER + len;
			return true;
		}
		if (!fill(w))
			return false;
	}
}

bool wire_alive(struct wire *w)
{
	struct pollfd p = { w->fd, 0, 0 };
	if (!w->gone && poll(&p, 1, 0) == 1 && p.revents & (POLLHUP | POLLERR))
		w->gone = true;
	return !w->gone;
}

bool wire_fail(struct wire *w, const char *fmt, ...)
{
	char text[FAILED_MAX + 1], clean[FAILED_MAX + 1];
	va_list ap;
	if (w->failed || w->gone)
		return false;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	printable(clean, sizeof clean, text);
	wire_send(w, WIRE_FAILED, clean, strlen(clean));
	wire_flush(w);
	w->failed = true;
	return false;
}
