/* The one request: POST /v1/vms/VM/exec?workspace=none. */
#include "front.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* The daemon takes a body of 4 MiB. */
#define BODY_MAX (4u << 20)

static char *base64(char *out, const char *text, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < len; i += 3) {
        unsigned bits = 0;
        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (i + k < len ? (unsigned char)text[i + k] : 0u);
        for (size_t k = 0; k < 4; k++)
            *out++ = i + k <= len ? digits[bits >> (18 - 6 * k) & 63] : '=';
    }
    return out;
}

/* An ExecRequest: each argument in Base64 with the NUL at its end. */
static char *body_of(char *const *argv, size_t *len)
{
    static const char begin[] = "{\"argv\":[", end[] = "],\"env\":[],\"login\":false}";
    size_t size = sizeof begin + sizeof end;
    for (char *const *a = argv; *a; a++)
        size += (strlen(*a) + 3) / 3 * 4 + 3;
    char *body = size > BODY_MAX ? NULL : malloc(size);
    if (!body)
        return NULL;
    char *at = stpcpy(body, begin);
    for (char *const *a = argv; *a; a++) {
        *at++ = '"';
        at = base64(at, *a, strlen(*a) + 1);
        *at++ = '"';
        if (a[1])
            *at++ = ',';
    }
    at = stpcpy(at, end);
    *len = (size_t)(at - body);
    return body;
}

static bool send_all(int sock, const char *data, size_t len)
{
    while (len) {
        ssize_t n = send(sock, data, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

/* Reads the answer's head; true when it is 101, what follows it kept. */
static bool is_switched(int sock, struct asked *asked)
{
    static char head[sizeof asked->rest];
    size_t len = 0;
    for (;;) {
        ssize_t n = recv(sock, head + len, sizeof head - len, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        len += (size_t)n;
        char *end = memmem(head, len, "\r\n\r\n", 4);
        if (end) {
            size_t used = (size_t)(end - head) + 4;
            asked->rest_len = len - used;
            memcpy(asked->rest, head + used, len - used);
            return len > 13 && !memcmp(head, "HTTP/1.1 101 ", 13);
        }
        if (len == sizeof head)
            return false;
    }
}

static int connected(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return -1;
    strcpy(address.sun_path, path);
    int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (sock >= 0 && connect(sock, (struct sockaddr *)&address, sizeof address) == 0)
        return sock;
    if (sock >= 0)
        close(sock);
    return -1;
}

int request_exec(const char *path, const char *build, const char *vm, char *const *argv, struct asked *asked)
{
    char head[512];
    size_t len;
    char *body = body_of(argv, &len);
    int sock = body ? connected(path) : -1;
    bool good = false;
    if (sock >= 0) {
        int n = snprintf(head, sizeof head,
                         "POST /v1/vms/%s/exec?workspace=none HTTP/1.1\r\nHost: banger\r\nConnection: Upgrade\r\n"
                         "Upgrade: banger-frames\r\nBanger-Build: %s\r\nContent-Length: %zu\r\n\r\n",
                         vm, build, len);
        good = n > 0 && (size_t)n < sizeof head && send_all(sock, head, (size_t)n) && send_all(sock, body, len) &&
               is_switched(sock, asked);
    }
    free(body);
    if (good)
        return sock;
    if (sock >= 0)
        close(sock);
    return -1;
}

/* All of an answer, as far as it is of a size that a list has. */
static char *received(int sock, size_t *len)
{
    static char answer[1 << 20];
    *len = 0;
    for (;;) {
        ssize_t n = recv(sock, answer + *len, sizeof answer - *len, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            return answer;
        *len += n > 0 ? (size_t)n : 0;
        if (n < 0 || *len == sizeof answer)
            return NULL;
    }
}

char *request_list(const char *path, const char *build, unsigned columns, size_t *len)
{
    char head[256];
    size_t all = 0;
    int sock = connected(path);
    if (sock < 0)
        return NULL;
    int n = snprintf(head, sizeof head,
                     "GET /v1/vms?columns=%u HTTP/1.1\r\nHost: banger\r\nConnection: close\r\nBanger-Build: %s\r\n\r\n",
                     columns, build);
    char *answer = send_all(sock, head, (size_t)n) ? received(sock, &all) : NULL;
    close(sock);
    char *body = answer ? memmem(answer, all, "\r\n\r\n", 4) : NULL;
    if (!body || memcmp(answer, "HTTP/1.1 200 ", 13))
        return NULL;
    body += 4;
    /* Whole, and not empty: without VMs there are words instead, which are Java's. */
    *len = all - (size_t)(body - answer);
    const char *length = memmem(answer, (size_t)(body - answer), "Content-Length: ", 16);
    return length && *len && strtoul(length + 16, NULL, 10) == *len ? body : NULL;
}
