/* banger-shim: see docs/protocol.md, section Shim. */
#include "shim.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>

#ifndef SHIM_TEST
int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*role)(int, char **);
    } roles[] = {
        {"hold", role_hold},
        {"enter", role_enter},
        {"run", role_run},
        {"probe-kvm", role_probe_kvm},
        {"spawn", role_spawn},
        {"become", role_become},
        {"try-confine", role_try_confine},
    };
    /* Whoever closed one of these would have it given to a pipe of ours. */
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            null_on(fd, O_RDWR);
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; argc > 1 && i < sizeof roles / sizeof *roles; i++)
        if (!strcmp(argv[1], roles[i].name))
            return roles[i].role(argc - 2, argv + 2);
    fail("arguments", "%s: the roles are hold, enter, run, try-confine, probe-kvm and spawn", argc > 1 ? argv[1] : "no role");
}
#endif
