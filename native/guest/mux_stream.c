/* One stream of a session: its socket, its credit both ways, its ends. */
#include "mux.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/* Credit goes back in pieces of this size: a quarter of the window never stalls the host. */
#define GIVE_AT 65536
/* An empty buffer larger than this is given back. */
#define KEEP 16384

static void on_event(struct source *source, uint32_t events)
{
	struct stream *s = (struct stream *)source;
	if (events & (EPOLLIN | EPOLLHUP | EPOLLRDHUP | EPOLLERR))
		s->readable = true;
	if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
		s->writable = true;
}

struct stream *mux_find(struct mux *m, uint32_t id)
{
	for (unsigned i = 0; i < MUX_STREAMS; i++)
		if (m->streams[i] && m->streams[i]->id == id)
			return m->streams[i];
	return NULL;
}

bool stream_open(struct mux *m, uint32_t id)
{
	unsigned i = 0;
	while (i < MUX_STREAMS && m->streams[i])
		i++;
	if (i == MUX_STREAMS)
		return false;
	struct stream *s = calloc(1, sizeof *s);
	if (!s)
		return false;
	s->source.fn = on_event;
	s->source.fd = m->open_stream(m->ctx, id);
	s->mux = m;
	s->id = id;
	s->credit = s->host_credit = MUX_WINDOW;
	s->readable = s->writable = true;
	if (s->source.fd < 0 || !loop_add(m->loop, &s->source)) {
		loop_close(m->loop, &s->source);
		free(s);
		return false;
	}
	m->streams[i] = s;
	m->count++;
	return true;
}

void stream_free(struct stream *s)
{
	struct mux *m = s->mux;
	for (unsigned i = 0; i < MUX_STREAMS; i++)
		if (m->streams[i] == s)
			m->streams[i] = NULL;
	m->count--;
	loop_close(m->loop, &s->source);
	free(s->in);
	free(s);
}

/* Hands bytes to the worker's socket; returns how many it took. */
static size_t pass(struct stream *s, const uint8_t *data, size_t len)
{
	size_t done = 0;
	while (done < len && s->writable && !s->deaf) {
		ssize_t n = send(s->source.fd, data + done, len - done, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n >= 0)
			done += (size_t)n;
		else if (errno == EAGAIN)
			s->writable = false;
		else if (errno != EINTR)
			s->deaf = true;
	}
	if (s->deaf)
		done = len;
	s->give += (uint32_t)done;
	return done;
}

static bool keep(struct stream *s, const uint8_t *data, size_t len)
{
	if (s->in_off) {
		memmove(s->in, s->in + s->in_off, s->in_len - s->in_off);
		s->in_len -= s->in_off;
		s->in_off = 0;
	}
	if (s->in_len + len > s->in_cap) {
		size_t cap = s->in_cap ? s->in_cap : KEEP;
		while (cap < s->in_len + len)
			cap *= 2;
		uint8_t *p = realloc(s->in, cap);
		if (!p)
			return false;
		s->in = p;
		s->in_cap = cap;
	}
	memcpy(s->in + s->in_len, data, len);
	s->in_len += len;
	return true;
}

static void drain(struct stream *s)
{
	if (s->in_off < s->in_len)
		s->in_off += pass(s, s->in + s->in_off, s->in_len - s->in_off);
	if (s->in_off < s->in_len)
		return;
	s->in_off = s->in_len = 0;
	if (s->in_cap > KEEP) {
		free(s->in);
		s->in = NULL;
		s->in_cap = 0;
	}
	if (s->host_ended && !s->told_worker) {
		shutdown(s->source.fd, SHUT_WR);
		s->told_worker = true;
	}
}

static void refuse(struct mux *m, uint32_t id)
{
	/* take_frames looks for room before it hands an OPEN over. */
	if (m->refused_count < MUX_REFUSED)
		m->refused[m->refused_count++] = id;
}

static bool data_frame(struct stream *s, const uint8_t *payload, size_t len)
{
	if (s->host_ended || (int64_t)len > s->host_credit)
		return false;
	s->host_credit -= (int64_t)len;
	size_t done = s->in_len ? 0 : pass(s, payload, len);
	if (done < len && !keep(s, payload + done, len - done)) {
		struct mux *m = s->mux;
		uint32_t id = s->id;
		stream_free(s);
		refuse(m, id);
	}
	return true;
}

bool stream_frame(struct mux *m, unsigned type, uint32_t id, const uint8_t *payload, size_t len)
{
	if (type < MUX_OPEN || type > MUX_RESET)
		return false;
	if (type == MUX_DATA ? len == 0 : len != (type == MUX_CREDIT ? 4 : 0))
		return false;
	if (type == MUX_OPEN) {
		if (!spans_add(&m->used, id))
			return false;
		if (!stream_open(m, id))
			refuse(m, id);
		return true;
	}
	if (!spans_has(&m->used, id))
		return false;
	struct stream *s = mux_find(m, id);
	if (!s)
		return true;
	switch (type) {
	case MUX_DATA:
		return data_frame(s, payload, len);
	case MUX_CREDIT:
		s->credit += (int64_t)payload[0] << 24 | payload[1] << 16 | payload[2] << 8 | payload[3];
		return s->credit <= INT32_MAX;
	case MUX_END:
		s->host_ended = true;
		drain(s);
		if (s->ended)
			stream_free(s);
		return true;
	default:
		stream_free(s);
		return true;
	}
}

static bool emit_data(struct stream *s)
{
	struct mux *m = s->mux;
	size_t room = s->credit < MUX_PAYLOAD ? (size_t)s->credit : MUX_PAYLOAD;
	uint8_t *at = m->out + m->out_len;
	ssize_t n;
	/* Without credit we may still see the end: asked for one byte without taking it. */
	uint8_t probe;
	do {
		n = room ? recv(s->source.fd, at + MUX_HEADER, room, MSG_DONTWAIT)
			 : recv(s->source.fd, &probe, 1, MSG_DONTWAIT | MSG_PEEK);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN) {
		s->readable = false;
		return false;
	}
	if (n > 0 && !room)
		return false;
	if (n > 0) {
		mux_put_header(at, (size_t)n, s->id, MUX_DATA);
		m->out_len += MUX_HEADER + (size_t)n;
		s->credit -= n;
		return true;
	}
	/* ECONNRESET: the worker ended with our bytes unread; its answer came before. */
	mux_put_header(at, 0, s->id, MUX_END);
	m->out_len += MUX_HEADER;
	s->ended = true;
	if (s->host_ended)
		stream_free(s);
	return true;
}

bool stream_emit(struct stream *s)
{
	struct mux *m = s->mux;
	if (s->in_len || (s->host_ended && !s->told_worker))
		drain(s);
	if (s->give >= GIVE_AT && !s->host_ended) {
		uint8_t *at = m->out + m->out_len;
		mux_put_header(at, 4, s->id, MUX_CREDIT);
		for (unsigned i = 0; i < 4; i++)
			at[MUX_HEADER + i] = (uint8_t)(s->give >> (24 - 8 * i));
		m->out_len += MUX_HEADER + 4;
		s->host_credit += s->give;
		s->give = 0;
		return true;
	}
	return s->readable && !s->ended && emit_data(s);
}
