/* A VMM that sees its own directory, the read-only files it uses, its program, its libraries and its
   devices, and nothing else. bwrap does the work; what remains of it is ended (start.c). */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Not needed by a VMM, and there on every host: what a uid without rights shall reach is put here. */
#define STAGE "/sys"
#define STAGED_DIRECTORY STAGE "/vm"

/* Of ourselves, inherited through bwrap. */
#define SELF_FD 62
#define REPORT_FD 63

#define WORDS_MAX 1024

static char *word[WORDS_MAX];
static size_t words;

static void add(const char *text)
{
    if (words == WORDS_MAX - 1)
        fail("confine", "more than %d arguments", WORDS_MAX);
    word[words++] = (char *)(uintptr_t)text;
}

__attribute__((format(printf, 1, 2))) static const char *print(const char *format, ...)
{
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int n = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (n < 0)
        fail("memory", "%s", format);
    return text;
}

static void add3(const char *option, const char *from, const char *to)
{
    add(option);
    add(from);
    add(to);
}

/* Where the file that is to be shown lies for bwrap. */
static const char *staged(const struct run *run, size_t number)
{
    return run->set_uid ? print(STAGE "/%zu", number) : run->show[number].source;
}

void confine_stage(const struct run *run)
{
    if (mount("stage", STAGE, "tmpfs", MS_NOSUID, "mode=0755,size=64k") != 0)
        fail("confine", STAGE ": %m");
    if (run->directory && (mkdir(STAGED_DIRECTORY, 0755) != 0 || mount(".", STAGED_DIRECTORY, NULL, MS_BIND | MS_REC, NULL) != 0))
        fail("confine", STAGED_DIRECTORY ": %m");
    for (size_t i = 0; i < run->shown; i++) {
        struct stat st;
        const char *place = staged(run, i);
        if (lstat(run->show[i].source, &st) != 0 || S_ISLNK(st.st_mode))
            continue;
        int made = S_ISDIR(st.st_mode) ? mkdir(place, 0755) : open(place, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (made < 0 || mount(run->show[i].source, place, NULL, MS_BIND | MS_REC, NULL) != 0)
            fail("confine", "%s: %m", run->show[i].source);
    }
    if (chdir("/") != 0)
        fail("confine", "/: %m");
}

static void show(const struct run *run, size_t number)
{
    const char *path = run->show[number].source, *name = run->show[number].name;
    struct stat st;
    char target[4096];
    if (lstat(path, &st) != 0)
        return; /* as on the host */
    if (S_ISLNK(st.st_mode)) {
        ssize_t n = readlink(path, target, sizeof target - 1);
        if (n <= 0)
            fail("confine", "%s: %m", path);
        target[n] = 0;
        add3("--symlink", print("%s", target), name);
    } else if (S_ISCHR(st.st_mode)) {
        add3("--dev-bind", staged(run, number), name);
    } else {
        add3("--ro-bind", staged(run, number), name);
    }
}

static int inherited(int fd, int number, const char *what)
{
    if (fd < 0 || (fd != number && dup2(fd, number) < 0) || fcntl(number, F_SETFD, 0) != 0)
        fail("confine", "%s: %m", what);
    return number;
}

void confine(const struct run *run, int report)
{
    words = 0;
    add(run->bwrap);
    add("--unshare-user");
    add("--unshare-pid");
    add("--unshare-ipc");
    add("--unshare-uts");
    add("--unshare-cgroup-try");
    add3("--uid", "1", "--gid");
    add("1");
    add3("--cap-drop", "ALL", "--as-pid-1");
    add3("--disable-userns", "--proc", "/proc");
    for (size_t i = 0; i < run->shown; i++)
        show(run, i);
    if (run->directory) {
        add3("--bind", run->set_uid ? STAGED_DIRECTORY : run->directory, CONFINED_DIRECTORY);
        if (!run->set_uid)
            for (size_t i = 0; i < run->binds; i++)
                add3("--ro-bind", run->bind[i].source, print(CONFINED_DIRECTORY "/%s", run->bind[i].name));
    }
    add("--remount-ro");
    add("/");
    add("--chdir");
    add(run->directory ? CONFINED_DIRECTORY : "/");
    add("--");
    int self = inherited(open("/proc/self/exe", O_PATH | O_CLOEXEC), SELF_FD, "/proc/self/exe");
    add(print("/proc/self/fd/%d", self));
    add("become");
    add(print("%d", inherited(report, REPORT_FD, "report")));
    add(print("%d", self));
    for (char **p = run->program; *p; p++)
        add(*p);
    char *environment[] = {"PATH=" SHIM_PATH, "HOME=/", "LC_ALL=C.UTF-8", NULL};
    execve(run->bwrap, word, environment);
    /* REPORT_FD leads where `report` did. */
    fail("confine", "%s: %m", run->bwrap);
}

/* become REPORT SELF PROGRAM ARGUMENT…: what bwrap executes. */
int role_become(int argc, char **argv)
{
    unsigned long long report, self;
    if (argc < 3 || !parse_number(argv[0], 3, 1023, &report) || !parse_number(argv[1], 3, 1023, &self))
        fail("arguments", "become: only bwrap calls it");
    answer_to((int)report);
    close((int)self);
    if (setsid() < 0)
        fail("session", "%m");
    reset_signals();
    umask(077);
    caps_bound(CAPS_NONE);
    caps_limit(CAPS_NONE);
    no_new_privileges();
    start_announce((int)report);
    char *environment[] = {"PATH=" SHIM_PATH, "HOME=/", "LC_ALL=C.UTF-8", NULL};
    execve(argv[2], argv + 2, environment);
    fail("exec", "%s: %m", argv[2]);
}

/* try-confine: whether a VMM of this user could be confined; nothing is left of the attempt. */
int role_try_confine(int argc, char **argv)
{
    static struct run run;
    static char *nothing[] = {"/", NULL};
    run_options(argc, argv, &run);
    if (!run.bwrap)
        fail("arguments", "try-confine: --confine is needed");
    run.program = nothing;
    close_from(3);
    int report[2], errors[2];
    start_channel(report);
    if (pipe2(errors, O_CLOEXEC) != 0)
        fail("descriptors", "pipe: %m");
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    pid_t child = fork();
    if (child < 0)
        fail("fork", "%m");
    if (child == 0) {
        if (dup2(errors[1], 2) < 0)
            fail("descriptors", "dup2: %m");
        answer_to(report[1]);
        vmm_become(&run, report[1]);
    }
    close(report[1]);
    close(errors[1]);
    struct reference found = start_met(report[0], child, errors[0]);
    kill(found.pid, SIGKILL);
    while (waitpid(found.pid, NULL, 0) < 0 && errno == EINTR)
        ;
    answer_ok("%s", run.bwrap);
    return 0;
}
