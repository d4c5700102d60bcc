/* Between the shim and a child that becomes the VMM: who it is, and whether it came to that. */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define HERE 'h'
#define UNDERSTOOD 'u'

void start_channel(int ends[2])
{
    int on = 1;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0
        || setsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0)
        fail("descriptors", "socketpair: %m");
}

void start_announce(int report)
{
    char byte = HERE;
    fcntl(report, F_SETFD, FD_CLOEXEC);
    if (!write_all(report, &byte, 1) || read(report, &byte, 1) != 1)
        _exit(1); /* the shim has gone, or has said why */
}

/* What a program said before it ended, its last line. */
static void last_line(int fd, char *line, size_t size)
{
    static char text[4096];
    size_t have = 0;
    ssize_t n;
    while (have < sizeof text - 1 && (n = read(fd, text + have, sizeof text - 1 - have)) > 0)
        have += (size_t)n;
    text[have] = 0;
    while (have > 0 && text[have - 1] == '\n')
        text[--have] = 0;
    const char *last = strrchr(text, '\n');
    last = last ? last + 1 : text;
    snprintf(line, size, "%.1000s", strncmp(last, "bwrap: ", 7) ? last : last + 7);
}

/* The sender as the kernel names it here: in a PID namespace of its own it knows no number of ours. */
static pid_t sender(struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS) {
            struct ucred who;
            memcpy(&who, CMSG_DATA(c), sizeof who);
            return who.pid;
        }
    return 0;
}

static ssize_t receive(int report, char *text, size_t size, pid_t *from)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(16 * sizeof(int))];
    } control;
    struct iovec part = {text, size};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    ssize_t n;
    while ((n = recvmsg(report, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR)
        ;
    *from = n > 0 ? sender(&message) : 0;
    return n;
}

/* A line "failed …", of which TEXT is the beginning. */
__attribute__((noreturn)) static void reported(int report, char *text, size_t have, size_t size)
{
    ssize_t n;
    while (have < size - 1 && (n = read(report, text + have, size - 1 - have)) > 0)
        have += (size_t)n;
    text[have] = 0;
    text[strcspn(text, "\n")] = 0;
    fail_line(text);
}

struct reference start_met(int report, pid_t child, int errors)
{
    char text[4096];
    pid_t from;
    ssize_t n = receive(report, text, sizeof text - 1, &from);
    if (n <= 0) {
        char said[1024] = "";
        waitpid(child, NULL, 0);
        if (errors >= 0)
            last_line(errors, said, sizeof said);
        if (*said) {
            char why[256];
            const char *step = namespaces_refused(EPERM, why, sizeof why);
            fail(strcmp(step, "namespace-refused") ? step : "confine", "%s", said);
        }
        fail("fork", "the child ended before it could say anything");
    }
    if (text[0] != HERE) {
        waitpid(child, NULL, 0);
        reported(report, text, (size_t)n, sizeof text);
    }
    struct reference vmm;
    if (from < 1 || !reference_of(from, &vmm))
        fail("proc", "/proc/%d/stat cannot be read", from);
    if (from != child) {
        kill(child, SIGKILL);
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    return vmm;
}

void start_done(int report, pid_t vmm)
{
    char text[4096], byte = UNDERSTOOD;
    ssize_t n = -1;
    if (write_all(report, &byte, 1))
        while ((n = read(report, text, sizeof text - 1)) < 0 && errno == EINTR)
            ;
    if (n == 0) {
        close(report);
        return;
    }
    waitpid(vmm, NULL, 0);
    if (n < 0)
        fail("fork", "the child ended before it could say anything");
    reported(report, text, (size_t)n, sizeof text);
}
