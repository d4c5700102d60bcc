/* Memory that the daemon holds as a memfd: a template's, sealed, which many VMMs map and none may write; or that of
   a machine that is to become one, which its VMM fills. */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define SEALED (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

int memory_open(const struct memory *memory)
{
    struct reference holder = memory->holder;
    unsigned descriptor = memory->descriptor;
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
    if (seals < 0)
        fail("memory", "%s: not a file in memory", path);
    if (!memory->written && (seals & SEALED) != SEALED)
        fail("memory", "%s: not sealed against every change", path);
    return fd;
}

void memory_place(int fd)
{
    if ((fd != MEMORY_FD && dup2(fd, MEMORY_FD) < 0) || fcntl(MEMORY_FD, F_SETFD, 0) != 0)
        fail("memory", "descriptor %d: %m", MEMORY_FD);
}
