/* One line: "start ID IMAGE KERNEL INITRD", "kill ID" or "forget ID". Everything else follows from it. */
#include "launch.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Takes one word of exactly so many lower-case hexadecimal digits, and the blank before it. */
static bool hex(const char **at, const char *end, size_t length, char *out)
{
    const char *p = *at;
    if ((size_t)(end - p) < length + 1 || *p++ != ' ')
        return false;
    for (size_t i = 0; i < length; i++)
        if (!((p[i] >= '0' && p[i] <= '9') || (p[i] >= 'a' && p[i] <= 'f')))
            return false;
    memcpy(out, p, length);
    out[length] = 0;
    *at = p + length;
    return true;
}

static bool word(const char **at, const char *end, const char *expected)
{
    size_t length = strlen(expected);
    if ((size_t)(end - *at) < length || memcmp(*at, expected, length))
        return false;
    *at += length;
    return true;
}

bool request_parse(const char *line, size_t length, struct request *out)
{
    const char *at = line, *end = line + length;
    memset(out, 0, sizeof *out);
    if (word(&at, end, "start"))
        out->verb = START;
    else if (word(&at, end, "kill"))
        out->verb = KILL;
    else if (word(&at, end, "forget"))
        out->verb = FORGET;
    else
        return false;
    if (!hex(&at, end, ID_LENGTH, out->id))
        return false;
    if (out->verb == START
        && (!hex(&at, end, DIGEST_LENGTH, out->image) || !hex(&at, end, DIGEST_LENGTH, out->kernel)
            || !hex(&at, end, INITRD_LENGTH, out->initrd)))
        return false;
    return at == end;
}

static long long now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct request request_read(int fd, int milliseconds)
{
    char line[REQUEST_MAX];
    size_t have = 0;
    long long until = now() + milliseconds;
    for (;;) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        long long left = until - now();
        if (left <= 0 || poll(&wait, 1, (int)left) == 0)
            fail("request", "no line within %d ms", milliseconds);
        ssize_t n = read(fd, line + have, sizeof line - have);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n <= 0)
            fail("request", "it ends before its line does");
        have += (size_t)n;
        char *newline = memchr(line, '\n', have);
        struct request request;
        if (newline) {
            if (newline != line + have - 1 || !request_parse(line, have - 1, &request))
                fail("request", "not a request");
            return request;
        }
        if (have == sizeof line)
            fail("request", "longer than %d bytes", REQUEST_MAX);
    }
}
