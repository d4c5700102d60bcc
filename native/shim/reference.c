/* Process references: a pid alone may belong to another process tomorrow, pid and start time do not. */
#include "shim.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

bool reference_parse(const char *text, struct reference *out)
{
    char pid[12];
    const char *colon = strchr(text, ':');
    if (!colon || colon == text || (size_t)(colon - text) >= sizeof pid)
        return false;
    memcpy(pid, text, (size_t)(colon - text));
    pid[colon - text] = 0;
    unsigned long long number, start;
    if (!parse_number(pid, 1, INT32_MAX, &number) || !parse_number(colon + 1, 0, INT64_MAX, &start))
        return false;
    out->pid = (pid_t)number;
    out->start = start;
    return true;
}

void reference_print(struct reference r, char out[REFERENCE_MAX])
{
    snprintf(out, REFERENCE_MAX, "%d:%llu", r.pid, r.start);
}

/* "PID (COMM) S …": COMM may hold anything, ')' and blanks too, so the last ')' counts. */
bool stat_parse(const char *line, unsigned long long *start, char *state)
{
    const char *p = strrchr(line, ')');
    if (!p || p[1] != ' ' || !p[2] || p[3] != ' ')
        return false;
    *state = p[2];
    p += 3; /* the blank before field 4 */
    for (int field = 4; field <= 22; field++) {
        if (*p != ' ')
            return false;
        p++;
        if (field == 22)
            break;
        while (*p && *p != ' ')
            p++;
    }
    if (*p < '0' || *p > '9')
        return false;
    *start = strtoull(p, NULL, 10);
    return true;
}

bool reference_of(pid_t pid, struct reference *out)
{
    char path[40], line[1024], state;
    if (pid == 0)
        pid = getpid();
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    if (!read_file(path, line, sizeof line))
        return false;
    out->pid = pid;
    return stat_parse(line, &out->start, &state);
}

int reference_open(struct reference r)
{
    int fd = (int)syscall(SYS_pidfd_open, r.pid, 0);
    if (fd < 0)
        return -1;
    /* With the pidfd in hand the number cannot change its owner: the check holds from here on. */
    char path[40], line[1024], state;
    unsigned long long start;
    snprintf(path, sizeof path, "/proc/%d/stat", r.pid);
    if (!read_file(path, line, sizeof line) || !stat_parse(line, &start, &state) || start != r.start || state == 'Z'
        || state == 'X') {
        close(fd);
        return -1;
    }
    return fd;
}
