#include "peer.h"

#include "test.h"

#include "../frames.h"
#include "../spawn.h"
#include "../worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static bool start(struct peer *p, bool configured, int call, int disk)
{
	int ends[2];
	memset(p, 0, sizeof *p);
	p->exit = p->status = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return false;
	int keep[] = { ends[1], call, disk };
	p->worker = spawn_clean(keep, 3);
	if (p->worker == 0) {
		static struct worker w;
		w.fd = WORKER_STREAM;
		w.call = WORKER_CALL;
		w.disk = disk < 0 ? -1 : WORKER_DISK;
		w.fast = true;
		w.state = configured ? "ready" : "boot";
		w.role = "agent";
		w.build = "0";
		w.init = "/sbin/init";
		w.configured = configured;
		worker_main(&w);
	}
	close(ends[1]);
	p->fd = ends[0];
	return p->worker > 0;
}

bool peer_start(struct peer *p, bool configured, int call)
{
	return start(p, configured, call, -1);
}

bool peer_start_with_disk(struct peer *p, int disk)
{
	return start(p, true, -1, disk);
}

void peer_stop(struct peer *p)
{
	int status = 0;
	int64_t until = now_ms() + DEADLINE_MS;
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
	while (p->worker > 0 && waitpid(p->worker, &status, WNOHANG) == 0) {
		if (now_ms() > until) {
			test_fail(__FILE__, __LINE__, "the worker does not end");
			kill(p->worker, SIGKILL);
			waitpid(p->worker, NULL, 0);
			break;
		}
		poll(NULL, 0, 2);
	}
	if (status)
		test_fail(__FILE__, __LINE__, "the worker ended with status %x", (unsigned)status);
	buf_free(&p->in);
	buf_free(&p->out);
	buf_free(&p->err);
	buf_free(&p->why);
}

/* Reads once; false at the deadline. An end sets p->ended. */
static bool more(struct peer *p, int64_t until)
{
	static char data[1 << 17];
	struct pollfd f = { p->fd, POLLIN, 0 };
	if (p->ended)
		return true;
	if (poll(&f, 1, until > now_ms() ? (int)(until - now_ms()) : 0) != 1)
		return false;
	ssize_t n = recv(p->fd, data, sizeof data, MSG_DONTWAIT);
	if (n > 0)
		buf_add(&p->in, data, (size_t)n);
	else
		p->ended = n == 0 || errno != EAGAIN;
	return true;
}

bool peer_send(struct peer *p, const void *data, size_t len)
{
	const char *at = data;
	int64_t until = now_ms() + DEADLINE_MS;
	while (len && now_ms() < until) {
		struct pollfd f = { p->fd, POLLIN | POLLOUT, 0 };
		poll(&f, 1, 1000);
		if (f.revents & POLLIN)
			more(p, until);
		ssize_t n = send(p->fd, at, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN)
			return false;
		if (n > 0) {
			at += n;
			len -= (size_t)n;
		}
	}
	return len == 0;
}

bool peer_request(struct peer *p, const char *method, const char *target, const void *body, size_t len)
{
	char head[4096];
	int n = snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: guest\r\nContent-Length: %zu\r\n\r\n",
			 method, target, len);
	return peer_send(p, head, (size_t)n) && peer_send(p, body, len);
}

static void take(struct buf *b, size_t n)
{
	b->len -= n;
	memmove(b->p, b->p + n, b->len + 1);
}

bool peer_answer(struct peer *p)
{
	int64_t until = now_ms() + DEADLINE_MS;
	for (;;) {
		char *end = p->in.p ? memmem(p->in.p, p->in.len, "\r\n\r\n", 4) : NULL;
		if (end) {
			p->status = atoi(p->in.p + 9);
			take(&p->in, (size_t)(end + 4 - p->in.p));
			return true;
		}
		if (p->ended || !more(p, until))
			return false;
	}
}

bool peer_all(struct peer *p)
{
	int64_t until = now_ms() + DEADLINE_MS;
	while (!p->ended)
		if (!more(p, until))
			return false;
	return true;
}

bool peer_frame(struct peer *p, unsigned type, const void *data, size_t len)
{
	uint8_t head[FRAME_HEADER];
	frame_header(head, type, len);
	return peer_send(p, head, sizeof head) && peer_send(p, data, len);
}

int peer_next(struct peer *p, uint8_t **data, size_t *len)
{
	int64_t until = now_ms() + DEADLINE_MS;
	for (;;) {
		const uint8_t *h = (const uint8_t *)p->in.p;
		size_t n = p->in.len < FRAME_HEADER ? 0 : (size_t)h[1] << 16 | (size_t)h[2] << 8 | h[3];
		if (p->in.len >= FRAME_HEADER + n) {
			int type = h[0];
			*data = malloc(n ? n : 1);
			*len = n;
			memcpy(*data, h + FRAME_HEADER, n);
			take(&p->in, FRAME_HEADER + n);
			return type;
		}
		if (p->ended || !more(p, until))
			return -1;
	}
}

static void unpack(struct peer *p)
{
	size_t at = 0;
	while (p->in.len - at >= FRAME_HEADER) {
		const uint8_t *h = (const uint8_t *)p->in.p + at;
		size_t n = (size_t)h[1] << 16 | (size_t)h[2] << 8 | h[3];
		if (p->in.len - at < FRAME_HEADER + n)
			break;
		if (h[0] == FRAME_OUT && !n)
			p->out_end = true;
		else if (h[0] == FRAME_OUT)
			buf_add(&p->out, h + FRAME_HEADER, n);
		else if (h[0] == FRAME_ERR)
			buf_add(&p->err, h + FRAME_HEADER, n);
		else if (h[0] == FRAME_WHY)
			buf_add(&p->why, h + FRAME_HEADER, n);
		else if (h[0] == FRAME_EXIT && n == 1)
			p->exit = h[FRAME_HEADER];
		else
			test_fail(__FILE__, __LINE__, "frame of type %d", h[0]);
		at += FRAME_HEADER + n;
	}
	if (at)
		take(&p->in, at);
}

bool peer_frames(struct peer *p)
{
	int64_t until = now_ms() + DEADLINE_MS;
	for (;;) {
		unpack(p);
		if (p->exit >= 0 || p->ended)
			return true;
		if (!more(p, until))
			return false;
	}
}

bool peer_until(struct peer *p, const char *text)
{
	int64_t until = now_ms() + DEADLINE_MS;
	for (;;) {
		unpack(p);
		if (p->out.p && memmem(p->out.p, p->out.len, text, strlen(text)))
			return true;
		if (p->exit >= 0 || p->ended || !more(p, until))
			return false;
	}
}

void spec_add(struct buf *b, const char *key, const void *value, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint8_t *v = value;
	buf_addf(b, "%s=", key);
	for (size_t i = 0; i < len; i += 3) {
		uint32_t n = (uint32_t)v[i] << 16;
		n |= i + 1 < len ? (uint32_t)v[i + 1] << 8 : 0;
		n |= i + 2 < len ? v[i + 2] : 0;
		char four[4] = { digits[n >> 18], digits[n >> 12 & 63],
				 i + 1 < len ? digits[n >> 6 & 63] : '=', i + 2 < len ? digits[n & 63] : '=' };
		buf_add(b, four, 4);
	}
	buf_add(b, "\n", 1);
}

void spec_text(struct buf *b, const char *key, const char *value)
{
	spec_add(b, key, value, strlen(value));
}

void cpio_add(struct buf *b, const char *name, mode_t mode, const void *data, size_t len)
{
	static const char zero[4];
	const unsigned field[13] = { 1, (unsigned)mode, (unsigned)getuid(), (unsigned)getgid(), 1, 0, (unsigned)len,
				     0, 0, 0, 0, (unsigned)strlen(name) + 1, 0 };
	buf_add(b, "070701", 6);
	for (size_t i = 0; i < countof(field); i++)
		buf_addf(b, "%08X", field[i]);
	buf_add(b, name, strlen(name) + 1);
	buf_add(b, zero, (4 - b->len % 4) % 4);
	buf_add(b, data, len);
	buf_add(b, zero, (4 - b->len % 4) % 4);
}
