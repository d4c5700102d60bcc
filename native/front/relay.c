/* Exec frames (docs/protocol.md) against our standard streams: byte-exact, one thread, nothing that waits for one
   stream holds up another. */
#include "front.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FRAME_IN = 0, FRAME_OUT = 1, FRAME_ERR = 2, FRAME_SIGNAL = 4, FRAME_EXIT = 5, FRAME_WHY = 6 };
enum { HEADER = 4, PAYLOAD = 65536 };
/* What a pipe that is ready for writing takes without waiting. */
#define PIECE 4096

struct relay {
    int sock, signals;
    bool in_ended;
    bool broken[3];                  /* an output that takes no more: its loss alone */
    uint8_t in[HEADER + PAYLOAD];    /* from the daemon */
    size_t in_len;
    const uint8_t *owed;             /* of the frame at the front of `in`, for `owed_fd` */
    size_t owed_len, frame_len;
    int owed_fd;
    uint8_t out[2 * (HEADER + PAYLOAD)]; /* to the daemon */
    size_t out_off, out_len;
    int status;                      /* -1: not told yet */
    bool malformed, ended;           /* ended: nothing more comes from the daemon */
};

static void queue(struct relay *r, unsigned type, const void *payload, size_t len)
{
    if (r->out_off == r->out_len)
        r->out_off = r->out_len = 0;
    /* Input is read only when all before it has gone, and signals are few: more than fit are dropped. */
    if (r->out_len + HEADER + len > sizeof r->out)
        return;
    uint8_t *at = r->out + r->out_len;
    at[0] = (uint8_t)type;
    at[1] = (uint8_t)(len >> 16);
    at[2] = (uint8_t)(len >> 8);
    at[3] = (uint8_t)len;
    if (len)
        memcpy(at + HEADER, payload, len);
    r->out_len += HEADER + len;
}

static void flush(struct relay *r)
{
    while (r->out_off < r->out_len) {
        ssize_t n = send(r->sock, r->out + r->out_off, r->out_len - r->out_off, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0) {
            /* The daemon hears no more; what it said last is still to be read. */
            r->out_off = r->out_len;
            r->in_ended = true;
            return;
        }
        r->out_off += (size_t)n;
    }
}

static void read_input(struct relay *r)
{
    uint8_t data[PAYLOAD];
    ssize_t n = read(0, data, sizeof data);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    /* No input to be had is for the guest the end of it. */
    r->in_ended = n <= 0;
    queue(r, FRAME_IN, data, n > 0 ? (size_t)n : 0);
}

static void read_signals(struct relay *r)
{
    struct signalfd_siginfo info;
    if (read(r->signals, &info, sizeof info) == sizeof info) {
        uint8_t number = (uint8_t)info.ssi_signo;
        queue(r, FRAME_SIGNAL, &number, 1);
    }
}

static void frame_done(struct relay *r)
{
    memmove(r->in, r->in + r->frame_len, r->in_len - r->frame_len);
    r->in_len -= r->frame_len;
    r->frame_len = 0;
}

/* Takes frames until one has to wait for an output. */
static void take_frames(struct relay *r)
{
    while (!r->frame_len && r->status < 0 && !r->malformed && r->in_len >= HEADER) {
        size_t len = (size_t)r->in[1] << 16 | (size_t)r->in[2] << 8 | r->in[3];
        unsigned type = r->in[0];
        r->malformed = len > PAYLOAD;
        if (r->malformed || r->in_len < HEADER + len)
            return;
        r->frame_len = HEADER + len;
        r->owed = r->in + HEADER;
        r->owed_len = 0;
        if (type == FRAME_OUT || type == FRAME_ERR) {
            r->owed_fd = (int)type;
            r->owed_len = r->broken[type] ? 0 : len;
        } else if (type == FRAME_WHY)
            said_error(r->owed, len, NULL);
        else if (type == FRAME_EXIT && len == 1)
            r->status = r->owed[0];
        else
            r->malformed = true;
        if (!r->owed_len)
            frame_done(r);
    }
}

static void write_owed(struct relay *r)
{
    static const uint8_t pipe_signal = SIGPIPE;
    ssize_t n = write(r->owed_fd, r->owed, r->owed_len < PIECE ? r->owed_len : PIECE);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n < 0) {
        r->broken[r->owed_fd] = true;
        r->owed_len = 0;
        /* Like a broken pipe for a local command: it is told, and its status still counts. */
        if (r->owed_fd == 1)
            queue(r, FRAME_SIGNAL, &pipe_signal, 1);
    } else {
        r->owed += n;
        r->owed_len -= (size_t)n;
    }
    if (!r->owed_len)
        frame_done(r);
}

static void read_frames(struct relay *r)
{
    ssize_t n = recv(r->sock, r->in + r->in_len, sizeof r->in - r->in_len, MSG_DONTWAIT);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    r->ended = n <= 0;
    r->in_len += n > 0 ? (size_t)n : 0;
}

static void turn(struct relay *r)
{
    bool sending = r->out_off < r->out_len, room = r->in_len < sizeof r->in;
    struct pollfd f[4] = {
        {!r->ended && (room || sending) ? r->sock : -1, (short)((room ? POLLIN : 0) | (sending ? POLLOUT : 0)), 0},
        {r->in_ended || sending ? -1 : 0, POLLIN, 0},
        {r->owed_len ? r->owed_fd : -1, POLLOUT, 0},
        {r->signals, POLLIN, 0},
    };
    if (poll(f, 4, -1) < 0)
        return;
    if (f[3].revents)
        read_signals(r);
    if (f[2].revents)
        write_owed(r);
    if (f[1].revents)
        read_input(r);
    flush(r);
    if (f[0].revents & (POLLIN | POLLHUP | POLLERR) && room)
        read_frames(r);
    take_frames(r);
}

int relay(int sock, const struct asked *asked)
{
    static const char lost[] = "the connection to the guest broke before the command ended";
    static struct relay r;
    sigset_t passed_on;
    r.sock = sock;
    r.status = -1;
    memcpy(r.in, asked->rest, asked->rest_len);
    r.in_len = asked->rest_len;
    sigemptyset(&passed_on);
    for (size_t i = 0; i < 4; i++)
        sigaddset(&passed_on, (int[]){SIGINT, SIGTERM, SIGHUP, SIGQUIT}[i]);
    sigprocmask(SIG_BLOCK, &passed_on, NULL);
    signal(SIGPIPE, SIG_IGN);
    r.signals = signalfd(-1, &passed_on, SFD_CLOEXEC);
    take_frames(&r);
    while (r.status < 0 && !r.malformed && !(r.ended && !r.owed_len))
        turn(&r);
    if (r.status < 0)
        said_error((const uint8_t *)lost, sizeof lost - 1, "banger ps; banger vm logs NAME");
    return r.status < 0 ? STATUS_OURS : r.status;
}
