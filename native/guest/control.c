#include "control.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A host that asks and does not read the answers is not read either. */
#define OUT_FULL 8192

void control_reset(struct control *c)
{
	c->greeted = c->start = c->skip = false;
	c->len = c->out_off = c->out_len = 0;
}

void control_feed(struct control *c, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char b = data[i];
		if (b == 0) {
			/* Also what we have queued belongs to the conversation before. */
			control_reset(c);
			c->start = true;
			if (c->on_nul)
				c->on_nul(c->ctx);
		} else if (b == '\n') {
			bool start = c->start, skip = c->skip;
			c->line[c->len] = 0;
			c->len = 0;
			c->start = c->skip = false;
			if (!skip && (start || c->greeted))
				c->on_line(c->ctx, c->line, start);
		} else if (b < ' ' || b > '~' || c->len + 2 > CONTROL_LINE) {
			c->skip = true;
		} else if (!c->skip) {
			c->line[c->len++] = b;
		}
	}
}

bool control_say(struct control *c, const char *fmt, ...)
{
	char line[CONTROL_LINE];
	if (!c->greeted || c->fd < 0)
		return false;
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n + 1 > sizeof line)
		return false;
	line[n++] = '\n';
	if (c->out_off) {
		memmove(c->out, c->out + c->out_off, c->out_len - c->out_off);
		c->out_len -= c->out_off;
		c->out_off = 0;
	}
	if (c->out_len + (size_t)n > sizeof c->out)
		return false;
	memcpy(c->out + c->out_len, line, (size_t)n);
	c->out_len += (size_t)n;
	return true;
}

bool control_read(struct control *c)
{
	char data[1024];
	while (c->fd >= 0 && c->out_len - c->out_off < OUT_FULL) {
		ssize_t n = read(c->fd, data, sizeof data);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		if (n == 0)
			return false;
		control_feed(c, data, (size_t)n);
		if (!control_flush(c))
			return false;
	}
	return true;
}

bool control_flush(struct control *c)
{
	while (c->fd >= 0 && c->out_off < c->out_len) {
		ssize_t n = write(c->fd, c->out + c->out_off, c->out_len - c->out_off);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN;
		c->out_off += (size_t)n;
	}
	if (c->out_off == c->out_len)
		c->out_off = c->out_len = 0;
	return true;
}
