/* Descriptors and signals. */
#include "shim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CLOSE_RANGE_CLOEXEC_FLAG 4U

/* For kernels without close_range. The list is read to its end before anything changes. */
static void each_from(int first, bool close_it)
{
    int found[4096];
    size_t count = 0;
    DIR *d = opendir("/proc/self/fd");
    if (!d)
        return;
    for (struct dirent *e; (e = readdir(d));) {
        int fd = atoi(e->d_name);
        if (e->d_name[0] != '.' && fd >= first && fd != dirfd(d) && count < sizeof found / sizeof *found)
            found[count++] = fd;
    }
    closedir(d);
    for (size_t i = 0; i < count; i++)
        if (close_it)
            close(found[i]);
        else
            fcntl(found[i], F_SETFD, FD_CLOEXEC);
}

void close_from(int first)
{
    if (syscall(SYS_close_range, (unsigned)first, ~0U, 0) != 0)
        each_from(first, true);
}

void cloexec_from(int first)
{
    if (syscall(SYS_close_range, (unsigned)first, ~0U, CLOSE_RANGE_CLOEXEC_FLAG) != 0)
        each_from(first, false);
}

void null_on(int fd, int flags)
{
    int null = open("/dev/null", flags | O_CLOEXEC);
    if (null < 0)
        fail("descriptors", "/dev/null: %m");
    if (null == fd) {
        fcntl(fd, F_SETFD, 0);
        return;
    }
    if (dup2(null, fd) < 0)
        fail("descriptors", "dup2: %m");
    close(null);
}

void reset_signals(void)
{
    /* By system call: the C library keeps two signals to itself, which may be ignored from birth too. */
    static const struct {
        void *handler;
        unsigned long flags;
        void *restorer;
        uint64_t mask;
    } default_action;
    for (int s = 1; s < NSIG; s++)
        syscall(SYS_rt_sigaction, s, &default_action, NULL, sizeof default_action.mask);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

bool write_all(int fd, const void *bytes, size_t length)
{
    const char *p = bytes;
    while (length > 0) {
        ssize_t n = write(fd, p, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        p += n;
        length -= (size_t)n;
    }
    return true;
}

ssize_t read_all(int fd, char *out, size_t size)
{
    size_t have = 0;
    while (have < size - 1) {
        ssize_t n = read(fd, out + have, size - 1 - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        have += (size_t)n;
    }
    out[have] = 0;
    return (ssize_t)have;
}

bool read_file(const char *path, char *out, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read_all(fd, out, size);
    close(fd);
    return n >= 0;
}
