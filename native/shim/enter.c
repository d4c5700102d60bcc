/* enter: a program inside the holder's namespaces, with no more capabilities than were named. */
#include "shim.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int role_enter(int argc, char **argv)
{
    struct reference holder = {0};
    capset keep = CAPS_NONE;
    int i = 0;
    for (; i < argc && strcmp(argv[i], "--"); i++) {
        if (!strcmp(argv[i], "--holder"))
            holder = option_reference(argc, argv, &i);
        else if (!strcmp(argv[i], "--caps")) {
            if (!caps_parse(option_value(argc, argv, &i), &keep))
                fail("arguments", "--caps %s: unknown capability", argv[i]);
        } else
            fail("arguments", "enter: unknown argument %s", argv[i]);
    }
    char **program = argv + i + 1;
    if (i + 1 >= argc || !valid_path(program[0]))
        fail("arguments", "enter: an absolute program is needed after --");
    if (!holder.pid)
        fail("arguments", "enter: --holder is needed");

    namespaces_join(holder);
    if (setresgid(0, 0, 0) != 0 || setresuid(0, 0, 0) != 0)
        fail("uid", "uid 0 of the namespace: %m");
    umask(077);
    reset_signals();
    caps_bound(keep);
    caps_limit(keep);
    no_new_privileges();
    cloexec_from(3);
    char *environment[] = {"PATH=" SHIM_PATH, "HOME=/", "LC_ALL=C.UTF-8", NULL};
    execve(program[0], program, environment);
    fail("exec", "%s: %m", program[0]);
}
