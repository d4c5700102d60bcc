#include "mux.h"

#include "log.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* One turn reads and writes at most about this much, so that control is served in between. */
#define TURN (1024 * 1024)

static void on_event(struct source *source, uint32_t events)
{
	struct mux *m = (struct mux *)((char *)source - offsetof(struct mux, source));
	if (events & (EPOLLIN | EPOLLHUP | EPOLLRDHUP | EPOLLERR))
		m->readable = true;
	if (events & (EPOLLOUT | EPOLLERR))
		m->writable = true;
}

void mux_init(struct mux *m, struct loop *loop)
{
	memset(m, 0, sizeof *m);
	m->loop = loop;
	m->source.fd = -1;
	m->source.fn = on_event;
}

bool mux_attach(struct mux *m, int fd)
{
	mux_detach(m);
	m->source.fd = fd;
	m->readable = m->writable = true;
	if (loop_add(m->loop, &m->source))
		return true;
	loop_close(m->loop, &m->source);
	return false;
}

void mux_detach(struct mux *m)
{
	mux_end(m);
	loop_close(m->loop, &m->source);
	m->in_len = m->old_len = 0;
}

void mux_end(struct mux *m)
{
	for (unsigned i = 0; i < MUX_STREAMS; i++)
		if (m->streams[i])
			stream_free(m->streams[i]);
	m->mode = MUX_IDLE;
	m->refused_count = 0;
	m->blocked = false;
	/* A frame cut in the middle: the host drops everything before the next nonce. */
	m->out_off = m->out_len = 0;
}

void mux_put_header(uint8_t *at, size_t len, uint32_t id, unsigned type)
{
	for (unsigned i = 0; i < 4; i++) {
		at[i] = (uint8_t)(len >> (24 - 8 * i));
		at[4 + i] = (uint8_t)(id >> (24 - 8 * i));
	}
	at[8] = (uint8_t)type;
	at[9] = at[10] = at[11] = 0;
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void consume(struct mux *m, size_t n)
{
	if (n >= sizeof m->old) {
		memcpy(m->old, m->in + n - sizeof m->old, sizeof m->old);
		m->old_len = sizeof m->old;
	} else if (n) {
		size_t keep = m->old_len;
		if (keep > sizeof m->old - n)
			keep = sizeof m->old - n;
		memmove(m->old, m->old + m->old_len - keep, keep);
		memcpy(m->old + keep, m->in, n);
		m->old_len = keep + n;
	}
	memmove(m->in, m->in + n, m->in_len - n);
	m->in_len -= n;
}

/* Looks for the nonce in the last bytes consumed and those held; drops everything that cannot be
   its beginning. */
static bool seek(struct mux *m)
{
	uint8_t window[2 * MUX_NONCE];
	size_t total = m->old_len + m->in_len;
	for (size_t at = 0; at + MUX_NONCE <= total; at++) {
		const uint8_t *p;
		if (at >= m->old_len) {
			p = m->in + (at - m->old_len);
		} else {
			size_t head = m->old_len - at;
			memcpy(window, m->old + at, head);
			memcpy(window + head, m->in, MUX_NONCE - head);
			p = window;
		}
		if (!memcmp(p, m->nonce, MUX_NONCE)) {
			consume(m, at + MUX_NONCE - m->old_len);
			return true;
		}
	}
	consume(m, m->in_len);
	return false;
}

void mux_begin(struct mux *m, const uint8_t nonce[MUX_NONCE])
{
	mux_end(m);
	memcpy(m->nonce, nonce, MUX_NONCE);
	m->mode = MUX_SEEK;
	m->heard = false;
	m->readable = m->writable = true;
}

static void begun(struct mux *m)
{
	m->mode = MUX_SESSION;
	m->used.count = 0;
	m->turn = 0;
	memcpy(m->out, m->nonce, MUX_NONCE);
	m->out_len = MUX_NONCE;
	m->on_begin(m->ctx, m->nonce);
}

/* Takes the complete frames out of m->in; false when one breaks the rules. */
static bool take_frames(struct mux *m)
{
	size_t at = 0;
	bool ok = true;
	while (ok && m->mode == MUX_SESSION && m->in_len - at >= MUX_HEADER) {
		const uint8_t *h = m->in + at;
		size_t len = be32(h);
		uint32_t id = be32(h + 4);
		unsigned type = h[8];
		ok = len <= MUX_PAYLOAD && id >= 1 && id <= INT32_MAX && !h[9] && !h[10] && !h[11];
		if (!ok || m->in_len - at - MUX_HEADER < len)
			break;
		/* No room to answer: the rest waits until the host has read some. */
		m->blocked = type == MUX_OPEN && m->refused_count == MUX_REFUSED;
		if (m->blocked)
			break;
		ok = stream_frame(m, type, id, h + MUX_HEADER, len);
		if (ok)
			at += MUX_HEADER + len;
	}
	consume(m, at);
	return ok;
}

static bool read_pipe(struct mux *m)
{
	size_t done = 0;
	while (m->mode != MUX_IDLE) {
		if (m->mode == MUX_SEEK) {
			if (seek(m))
				begun(m);
		}
		if (m->mode == MUX_SESSION && !take_frames(m)) {
			/* What is held is kept: the next session's nonce may lie in it. */
			log_line("streams: the host broke the frame rules, session ended");
			mux_end(m);
			return false;
		}
		if (!m->readable || m->in_len == sizeof m->in)
			return false;
		if (done >= TURN)
			return true;
		ssize_t n = read(m->source.fd, m->in + m->in_len, sizeof m->in - m->in_len);
		if (n > 0) {
			m->in_len += (size_t)n;
			done += (size_t)n;
		} else if (n < 0 && errno == EINTR) {
			continue;
		} else if (n < 0 && errno == EAGAIN) {
			m->readable = false;
			return false;
		} else {
			/* Nobody on the other side. A virtio-serial port also says so for a moment
			   after the first bytes of a new connection: the driver hears of the
			   connection itself later. */
			m->readable = false;
			if (m->mode == MUX_SESSION && m->heard)
				mux_end(m);
			return false;
		}
	}
	return false;
}

static bool flush(struct mux *m)
{
	while (m->out_off < m->out_len && m->writable) {
		ssize_t n = write(m->source.fd, m->out + m->out_off, m->out_len - m->out_off);
		if (n > 0) {
			m->out_off += (size_t)n;
			m->heard = true;
		} else if (n < 0 && errno == EINTR)
			continue;
		else
			m->writable = false;
	}
	if (m->out_off < m->out_len)
		return false;
	m->out_off = m->out_len = 0;
	return true;
}

/* Fills m->out with frames, one a stream in turn; false when nobody has any. */
static bool fill(struct mux *m)
{
	while (m->refused_count && m->out_len + MUX_HEADER <= sizeof m->out) {
		mux_put_header(m->out + m->out_len, 0, m->refused[--m->refused_count], MUX_RESET);
		m->out_len += MUX_HEADER;
	}
	for (unsigned i = 0; i < MUX_STREAMS; i++) {
		if (m->out_len + MUX_HEADER + MUX_PAYLOAD > sizeof m->out)
			break;
		struct stream *s = m->streams[m->turn++ % MUX_STREAMS];
		if (s)
			stream_emit(s);
	}
	return m->out_len > 0;
}

bool mux_run(struct mux *m)
{
	if (m->source.fd < 0 || m->mode == MUX_IDLE)
		return false;
	bool more = read_pipe(m);
	size_t done = 0;
	while (m->mode != MUX_IDLE && flush(m)) {
		if (m->mode != MUX_SESSION || !fill(m))
			break;
		done += m->out_len;
		if (done >= TURN) {
			more = true;
			break;
		}
	}
	return more || (m->mode == MUX_SESSION && m->blocked && m->refused_count < MUX_REFUSED);
}
