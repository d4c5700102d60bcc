/* Three commands are answered here: `version`, `vm list` without flags, and `vm exec VM -- COMMAND…` without flags and
   without a terminal, for those who run hundreds of commands. Whatever else it is, and whatever goes wrong before the command began, is
   Java's: the whole command line with its checks, its help and its errors (docs/adr/0025-front.md). */
#include "front.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
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

/* `vm list` by one of its names. */
static bool is_list(int argc, char **argv)
{
    return (argc == 2 && !strcmp(argv[1], "ps")) ||
           (argc == 3 && !strcmp(argv[1], "vm") &&
            (!strcmp(argv[2], "list") || !strcmp(argv[2], "ls") || !strcmp(argv[2], "ps")));
}

/* An environment without any locale is POSIX, which is ASCII: what is cut ends in dots there, which are Java's. */
static bool is_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < 3; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return strcasestr(value, "utf8") || strcasestr(value, "utf-8");
    }
    return false;
}

/* How wide a table may be; 0: as wide as it is. */
static unsigned width(void)
{
    const char *columns = getenv("COLUMNS");
    struct winsize size;
    if (!isatty(1))
        return 0;
    size_t digits = columns ? strspn(columns, "0123456789") : 0;
    if (digits && digits <= 5 && !columns[digits] && columns[0] != '0')
        return (unsigned)strtoul(columns, NULL, 10);
    return ioctl(1, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

static int print(const char *text, size_t len)
{
    while (len) {
        ssize_t n = write(1, text, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return 1;
        text += n;
        len -= (size_t)n;
    }
    return 0;
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
    if (is_list(argc, argv) && (is_utf8() || !isatty(1)) && place_build(&p) && place_socket(socket)) {
        size_t len;
        char *table = request_list(socket, p.build, width(), &len);
        if (table)
            return print(table, len);
    }
    if (is_plain_exec(argc, argv) && place_build(&p) && place_socket(socket)) {
        int sock = request_exec(socket, p.build, argv[3], argv + 5, &asked);
        if (sock >= 0)
            return relay(sock, &asked);
    }
    return become_java(&p, argv);
}
