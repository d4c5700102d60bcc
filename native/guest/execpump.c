#include "execpump.h"

#include "frames.h"
#include "util.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

/* After the command ended: how long others that hold its output open are listened to. */
#define LINGER_MS 200
#define KILL_MS 2000
/* How long the answer to the request, or the end of the output, waits to travel with what follows it. */
#define HOLD_MS 3
/* What a background process may add to the output after that end. */
#define LATE_MAX (1024 * 1024)

struct pump {
	struct child *ch;
	int fd;
	bool tty, gone;         /* gone: the host ended the stream, or broke the rules */
	bool exited;
	int status;
	int64_t exit_at;
	size_t owed_out, owed_err; /* in the pipes when the command ended: always delivered */
	size_t late;
	int64_t hold_until;     /* what waits in `out` may wait until then; 0: it goes at once */
	bool in_end;            /* the host's input ended */
	const uint8_t *in;      /* input of the frame being passed on */
	size_t in_len;
	bool in_close;          /* close the command's input behind it */
	struct frames frames;
	struct outgoing out;
};

static void close_in(struct pump *p)
{
	static const uint8_t eot = 4;
	if (p->tty) {
		/* One descriptor for both ways: the terminal's own end-of-file is typed instead. */
		if (p->ch->in >= 0 && write(p->ch->in, &eot, 1) < 0)
			p->in_end = true;
	} else if (p->ch->in >= 0) {
		close(p->ch->in);
		p->ch->in = -1;
	}
}

static void feed(struct pump *p)
{
	while (p->in_len) {
		ssize_t n = p->ch->in < 0 ? (ssize_t)p->in_len : write(p->ch->in, p->in, p->in_len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0) {
			/* The command reads no more: the rest of its input goes nowhere. */
			if (!p->tty)
				close_in(p);
			n = (ssize_t)p->in_len;
		}
		p->in += n;
		p->in_len -= (size_t)n;
	}
}

static bool take(struct pump *p, unsigned type, const uint8_t *data, size_t len)
{
	switch (type) {
	case FRAME_IN:
		if (p->in_end)
			return false;
		p->in = data;
		p->in_len = len;
		if (len == 0) {
			p->in_end = true;
			close_in(p);
		}
		feed(p);
		return true;
	case FRAME_SIZE:
		if (len != 4)
			return false;
		if (p->tty) {
			struct winsize size = { (unsigned short)(data[2] << 8 | data[3]),
						(unsigned short)(data[0] << 8 | data[1]), 0, 0 };
			ioctl(p->ch->out, TIOCSWINSZ, &size);
		}
		return true;
	case FRAME_SIGNAL:
		if (len != 1 || data[0] < 1 || data[0] > 64)
			return false;
		/* Not reaped yet, or the group still has members: the number is still theirs. */
		if (!p->exited)
			kill(-p->ch->pid, data[0]);
		return true;
	default:
		return false;
	}
}

static void from_host(struct pump *p)
{
	while (!p->in_len && !p->gone) {
		unsigned type;
		const uint8_t *data;
		size_t len, room;
		int got = frames_next(&p->frames, &type, &data, &len);
		if (got > 0) {
			p->gone = !take(p, type, data, len);
			continue;
		}
		if (got < 0) {
			p->gone = true;
			return;
		}
		uint8_t *at = frames_room(&p->frames, &room);
		ssize_t n = recv(p->fd, at, room, MSG_DONTWAIT);
		if (n > 0)
			frames_added(&p->frames, (size_t)n);
		else if (n < 0 && errno == EINTR)
			continue;
		else if (n < 0 && errno == EAGAIN)
			return;
		else
			p->gone = true;
	}
}

/* Reads one descriptor of the command; closes it at its end. */
static void from_command(struct pump *p, int *fd, unsigned type, size_t *owed)
{
	uint8_t data[FRAME_MAX];
	while (*fd >= 0 && outgoing_fits(&p->out, FRAME_MAX)) {
		if (p->exited && !*owed && p->late >= LATE_MAX)
			return;
		ssize_t n = read(*fd, data, sizeof data);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n > 0) {
			outgoing_add(&p->out, type, data, (size_t)n);
			p->hold_until = 0;
			if (p->exited) {
				p->late += (size_t)n;
				*owed -= *owed < (size_t)n ? *owed : (size_t)n;
			}
			continue;
		}
		/* A terminal says EIO when the last one on the other side is gone. */
		if (type == FRAME_OUT) {
			if (p->out.off == p->out.len)
				p->hold_until = now_ms() + HOLD_MS;
			outgoing_add(&p->out, FRAME_OUT, NULL, 0);
		}
		if (p->tty)
			p->ch->in = -1;
		close(*fd);
		*fd = -1;
		*owed = 0;
	}
}

static size_t waiting_in(int fd)
{
	int n = 0;
	return fd >= 0 && ioctl(fd, FIONREAD, &n) == 0 && n > 0 ? (size_t)n : 0;
}

static void reap(struct pump *p)
{
	int status;
	if (p->exited || waitpid(p->ch->pid, &status, WNOHANG) != p->ch->pid)
		return;
	p->exited = true;
	p->exit_at = now_ms();
	p->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	p->owed_out = waiting_in(p->ch->out);
	p->owed_err = waiting_in(p->ch->err);
}

/* The command ended, and everything it wrote is on its way. */
static bool finished(const struct pump *p)
{
	if (!p->exited)
		return false;
	if (p->ch->out < 0 && p->ch->err < 0)
		return true;
	if (p->owed_out || p->owed_err)
		return false;
	return p->late >= LATE_MAX || now_ms() - p->exit_at >= LINGER_MS;
}

static bool holding(struct pump *p)
{
	if (p->hold_until && now_ms() >= p->hold_until)
		p->hold_until = 0;
	return p->hold_until && !p->exited;
}

static void wait_for_something(struct pump *p)
{
	bool room = outgoing_fits(&p->out, FRAME_MAX), held = holding(p);
	struct pollfd f[5] = {
		{ p->fd, POLLRDHUP, 0 },
		{ p->exited ? -1 : p->ch->pidfd, POLLIN, 0 },
		{ room ? p->ch->out : -1, POLLIN, 0 },
		{ room ? p->ch->err : -1, POLLIN, 0 },
		{ p->in_len ? p->ch->in : -1, POLLOUT, 0 },
	};
	if (!p->in_len)
		f[0].events |= POLLIN;
	if (p->out.off < p->out.len && !held)
		f[0].events |= POLLOUT;
	int timeout = held ? HOLD_MS : -1;
	if (p->exited && room) {
		timeout = (int)(p->exit_at + LINGER_MS - now_ms());
		timeout = timeout < 0 ? 0 : timeout;
	}
	if (poll(f, 5, timeout) <= 0)
		return;
	/* With input of ours in the way its end would not be seen by reading. */
	if (f[0].revents & (POLLERR | POLLHUP) || (p->in_len && f[0].revents & POLLRDHUP))
		p->gone = true;
}

/* The host is gone: the command's group is asked, then made, to end. */
static void hang_up(struct pump *p)
{
	int64_t until = now_ms() + KILL_MS;
	pid_t group = p->ch->pid;
	int status;
	close_in(p);
	if (p->ch->out >= 0)
		close(p->ch->out);
	if (p->ch->err >= 0)
		close(p->ch->err);
	kill(-group, SIGHUP);
	kill(-group, SIGCONT);
	while (kill(-group, 0) == 0 && now_ms() < until) {
		if (!p->exited && waitpid(group, &status, WNOHANG) == group)
			p->exited = true;
		struct pollfd f = { p->exited ? -1 : p->ch->pidfd, POLLIN, 0 };
		poll(&f, 1, 20);
	}
	kill(-group, SIGKILL);
	if (!p->exited)
		waitpid(group, &status, 0);
}

static bool write_out(struct pump *p)
{
	bool good = write_all(p->fd, p->out.data + p->out.off, p->out.len - p->out.off);
	p->out.off = p->out.len = 0;
	return good;
}

void exec_pump(struct worker *w, struct child *ch, bool tty)
{
	static struct pump p;
	const char *rest;
	p.ch = ch;
	p.fd = w->fd;
	p.tty = tty;
	size_t n = http_rest(&w->http, &rest), room;
	memcpy(frames_room(&p.frames, &room), rest, n);
	frames_added(&p.frames, n);
	/* The head of the answer, which the caller left to us. */
	p.out.len = http_switch_head((char *)p.out.data, "banger-exec");
	p.hold_until = now_ms() + HOLD_MS;
	while (!p.gone && !finished(&p)) {
		/* Reaped first: what the pipes held then is complete. */
		reap(&p);
		from_command(&p, &ch->out, FRAME_OUT, &p.owed_out);
		from_command(&p, &ch->err, FRAME_ERR, &p.owed_err);
		feed(&p);
		from_host(&p);
		if (!holding(&p) && !outgoing_flush(&p.out, p.fd))
			p.gone = true;
		if (!p.gone && !finished(&p))
			wait_for_something(&p);
	}
	if (!p.gone) {
		uint8_t status = (uint8_t)p.status;
		if (!outgoing_fits(&p.out, 1) && !write_out(&p))
			p.gone = true;
		else if (!outgoing_add(&p.out, FRAME_EXIT, &status, 1) || !write_out(&p))
			p.gone = true;
	}
	if (p.gone)
		hang_up(&p);
	cgroup_remove(ch->cgroup);
}
