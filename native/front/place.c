/* Where this build and the daemon's socket lie. */
#include "front.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool place_find(struct place *p)
{
    ssize_t n = readlink("/proc/self/exe", p->dist, sizeof p->dist - 1);
    if (n <= 0)
        return false;
    p->dist[n] = 0;
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(p->dist, '/');
        if (slash)
            *slash = 0;
    }
    return true;
}

/* The value of `key=` in lines of text. */
static bool property(const char *text, const char *key, char value[64])
{
    size_t len = strlen(key);
    for (const char *line = text; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        if (strncmp(line, key, len) || line[len] != '=')
            continue;
        size_t n = strcspn(line + len + 1, "\n");
        if (n >= 64)
            return false;
        memcpy(value, line + len + 1, n);
        value[n] = 0;
        return true;
    }
    return false;
}

bool place_build(struct place *p)
{
    static char text[16384];
    char path[PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/build.properties", p->dist);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0)
        return false;
    text[n] = 0;
    return property(text, "version", p->version) && property(text, "build", p->build) &&
           property(text, "built", p->built);
}

static bool put(char path[PATH_MAX], const char *base, const char *below)
{
    int n = snprintf(path, PATH_MAX, "%s/%s", base, below);
    return n > 0 && n < PATH_MAX;
}

/* As banger.api.Layout has it. */
bool place_socket(char path[PATH_MAX])
{
    const char *one = getenv("BANGER_HOME"), *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    if (one && *one)
        return put(path, one, "state/run/bangerd.sock");
    if (state && *state == '/')
        return put(path, state, "banger/run/bangerd.sock");
    return home && *home && put(path, home, ".local/state/banger/run/bangerd.sock");
}
