/* Two commands are answered here: `version`, and `vm exec VM -- COMMAND…` without flags and without a terminal, for
   those who run hundreds of commands. Whatever else it is, and whatever goes wrong before the command began, is
   Java's: the whole command line with its checks, its help and its errors (docs/adr/0025-front.md). */
#include "front.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A closed stream would become the number of the first file that is opened: ours, or Java's own library. Input ends
   at once; output fails as it does on a full disk. */
static void keep_standard_numbers(void)
{
    static const char *const instead[] = {"/dev/null", "/dev/full", "/dev/null"};
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            open(instead[fd], fd ? O_WRONLY : O_RDONLY);
}

static int version(const struct place *p)
{
    char line[256];
    int n = snprintf(line, sizeof line, "banger %s (build %s, built %s)\n", p->version, p->build, p->built);
    return write(1, line, (size_t)n) == n ? 0 : 1;
}

/* A name as VMs have them, an id or a part of one: nothing that means something in a request line. */
static bool is_reference(const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return n && n <= 64 && !s[n] && s[0] != '-';
}

/* `vm exec VM -- COMMAND…`, and nobody who wants a terminal for it. */
static bool is_plain_exec(int argc, char **argv)
{
    return argc >= 6 && !strcmp(argv[1], "vm") && !strcmp(argv[2], "exec") && is_reference(argv[3]) &&
           !strcmp(argv[4], "--") && !(isatty(0) && isatty(1));
}

static int become_java(const struct place *p, char **argv)
{
    char program[PATH_MAX + 32];
    snprintf(program, sizeof program, "%s/libexec/banger-cli", p->dist);
    execv(program, argv);
    dprintf(2, "error: %s: %m\n  install banger again\n", program);
    return STATUS_OURS;
}

int main(int argc, char **argv)
{
    static struct place p;
    static struct asked asked;
    char socket[PATH_MAX];
    keep_standard_numbers();
    if (!place_find(&p)) {
        dprintf(2, "error: /proc/self/exe cannot be read: %m\n  mount /proc\n");
        return STATUS_OURS;
    }
    bool is_version = argc == 2 && (!strcmp(argv[1], "version") || !strcmp(argv[1], "--version"));
    if (is_version && place_build(&p))
        return version(&p);
    if (is_plain_exec(argc, argv) && place_build(&p) && place_socket(socket)) {
        int sock = request_exec(socket, p.build, argv[3], argv + 5, &asked);
        if (sock >= 0)
            return relay(sock, &asked);
    }
    return become_java(&p, argv);
}
