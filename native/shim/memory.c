/* The memory of a template, which many VMMs map and none may write: a sealed memfd that the daemon holds. */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define SEALED (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

int memory_open(struct reference holder, unsigned descriptor)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd/%u", holder.pid, descriptor);
    /* A VMM of an older kind opens it for writing and maps it privately: the seals keep it as it is. */
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        fail("memory", "%s: %m", path);
    struct reference now;
    if (!reference_of(holder.pid, &now) || now.start != holder.start)
        fail("memory", "%d:%llu: no such process", holder.pid, holder.start);
    int seals = fcntl(fd, F_GET_SEALS);
    if (seals < 0 || (seals & SEALED) != SEALED)
        fail("memory", "%s: not sealed against every change", path);
    return fd;
}

void memory_place(int fd)
{
    if ((fd != MEMORY_FD && dup2(fd, MEMORY_FD) < 0) || fcntl(MEMORY_FD, F_SETFD, 0) != 0)
        fail("memory", "descriptor %d: %m", MEMORY_FD);
}
