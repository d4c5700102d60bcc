/* hold: a process that does nothing but keep a user + network namespace alive. */
#include "shim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Whether another process is in our network namespace. One that may not be looked at is not: whoever
   is inside was started by us, and CAP_SYS_PTRACE of this namespace shows it. */
static bool somebody_else(void)
{
    struct stat own, other;
    if (stat("/proc/self/ns/net", &own) != 0)
        return true;
    DIR *proc = opendir("/proc");
    if (!proc)
        return true;
    bool found = false;
    for (struct dirent *e; !found && (e = readdir(proc));) {
        unsigned long long pid;
        char path[300];
        if (!parse_number(e->d_name, 1, INT32_MAX, &pid) || (pid_t)pid == getpid())
            continue;
        snprintf(path, sizeof path, "/proc/%s/ns/net", e->d_name);
        found = stat(path, &other) == 0 && other.st_ino == own.st_ino && other.st_dev == own.st_dev;
    }
    closedir(proc);
    return found;
}

static time_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

__attribute__((noreturn)) static void keep(unsigned idle)
{
    sigset_t term;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    unsigned step = idle / 4 < 1 ? 1 : idle / 4 > 15 ? 15 : idle / 4;
    for (time_t last = now(); now() - last < (time_t)idle;) {
        struct timespec wait = {.tv_sec = step};
        if (sigtimedwait(&term, NULL, &wait) == SIGTERM)
            _exit(0);
        if (somebody_else())
            last = now();
    }
    _exit(0);
}

__attribute__((noreturn)) static void holder(int to_parent, int from_parent, unsigned idle)
{
    sigset_t term;
    setsid();
    reset_signals();
    signal(SIGHUP, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, NULL);
    if (chdir("/") != 0)
        fail("directory", "/: %m");
    umask(077);
    null_on(0, O_RDONLY);
    null_on(2, O_WRONLY);

    namespaces_new();
    char byte = 'n';
    if (!write_all(to_parent, &byte, 1) || read(from_parent, &byte, 1) != 1)
        _exit(1); /* the parent has said why */
    if (setresgid(0, 0, 0) != 0 || setresuid(0, 0, 0) != 0)
        fail("namespace-map", "uid 0 of the namespace: %m");
    loopback_up();
    caps_bound(CAPS_NONE);
    caps_limit(CAP_BIT(CAP_SYS_PTRACE));
    no_new_privileges();

    struct reference self;
    char text[REFERENCE_MAX];
    if (!reference_of(0, &self))
        fail("proc", "/proc/%d/stat cannot be read", (int)getpid());
    reference_print(self, text);
    answer_ok("%s", text);
    null_on(1, O_WRONLY);
    byte = 'k';
    write_all(to_parent, &byte, 1);
    close_from(3);
    keep(idle);
}

int role_hold(int argc, char **argv)
{
    long map_uid = 0;
    unsigned idle = 900;
    for (int i = 0; i < argc; i++) {
        if (!strcmp(argv[i], "--map-uid"))
            map_uid = (long)option_number(argc, argv, &i, 1, UINT32_MAX - 1);
        else if (!strcmp(argv[i], "--idle"))
            idle = (unsigned)option_number(argc, argv, &i, 1, 366 * 86400);
        else
            fail("arguments", "hold: unknown argument %s", argv[i]);
    }
    if (map_uid && geteuid() != 0)
        fail("arguments", "--map-uid is root's: an ordinary user has one uid to map");

    int up[2], down[2];
    if (pipe2(up, O_CLOEXEC) != 0 || pipe2(down, O_CLOEXEC) != 0)
        fail("descriptors", "pipe: %m");
    pid_t pid = fork();
    if (pid < 0)
        fail("fork", "%m");
    if (pid == 0) {
        close(up[0]);
        close(down[1]);
        holder(up[1], down[0], idle);
    }
    close(up[1]);
    close(down[0]);
    char byte;
    if (read(up[0], &byte, 1) == 1) {
        namespaces_map(pid, map_uid);
        byte = 'g';
        write_all(down[1], &byte, 1);
        if (read(up[0], &byte, 1) == 1)
            return 0;
    }
    waitpid(pid, NULL, 0);
    return 1;
}
