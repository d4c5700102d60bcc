/* run: the parent of one VMM. It outlives the daemon, keeps the VMM's output and tells how it ended. */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CONSOLE_HALF (1024 * 1024)
#define CONSOLE_MEMORY (1024 * 1024)
#define VMM_HALF (64 * 1024)
#define VMM_MEMORY (64 * 1024)
#define PIPE_BYTES (256 * 1024)
#define TERM_GRACE_MS 2000
#define ORPHAN_GRACE_MS 2000
#define FLUSH_MS 5000
#define NEXT_EXIT "exit.json.new"
#define REFERENCES "run.ref"

/* The VMM as its parent sees it. */
struct child {
    struct reference reference;
    bool ended;
    int status; /* as of waitpid */
};

struct stream {
    int fd; /* -1: ended */
    struct log *log;
};

static long long milliseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- arguments ---- */

static void parse_bind(struct run *run, char *text)
{
    char *equals = strrchr(text, '=');
    if (!equals)
        fail("arguments", "--bind %s: SOURCE=NAME is needed", text);
    *equals = 0;
    if (!valid_path(text) || !valid_name(equals + 1))
        fail("arguments", "--bind %s=%s: an absolute path and a plain name are needed", text, equals + 1);
    if (run->binds == BINDS_MAX)
        fail("arguments", "--bind: more than %d", BINDS_MAX);
    run->bind[run->binds++] = (struct bind){.source = text, .name = equals + 1};
}

static void parse_limit(struct run *run, const char *text)
{
    struct {
        const char *name;
        unsigned long long *value;
    } limits[] = {{"as=", &run->limit_as}, {"fsize=", &run->limit_fsize}, {"nofile=", &run->limit_nofile}};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        size_t length = strlen(limits[i].name);
        if (!strncmp(text, limits[i].name, length) && parse_number(text + length, 1, INT64_MAX, limits[i].value))
            return;
    }
    fail("arguments", "--limit %s: as=BYTES, fsize=BYTES or nofile=NUMBER is needed", text);
}

static void add_show(struct run *run, const char *source, const char *name)
{
    if (!valid_path(source) || !valid_path(name) || !name[1])
        fail("arguments", "--show %s as %s: absolute paths are needed", source, name);
    if (run->shown == SHOWN_MAX)
        fail("arguments", "--show: more than %d", SHOWN_MAX);
    run->show[run->shown].source = source;
    run->show[run->shown++].name = name;
}

int run_options(int argc, char **argv, struct run *run)
{
    int i = 0;
    for (; i < argc && strcmp(argv[i], "--"); i++) {
        if (!strcmp(argv[i], "--dir")) {
            run->directory = option_value(argc, argv, &i);
        } else if (!strcmp(argv[i], "--holder")) {
            run->holder = option_reference(argc, argv, &i);
            run->in_namespace = true;
        } else if (!strcmp(argv[i], "--until")) {
            run->guard = option_reference(argc, argv, &i);
            run->guarded = true;
        } else if (!strcmp(argv[i], "--uid")) {
            run->uid = (uid_t)option_number(argc, argv, &i, 0, UINT32_MAX - 1);
            run->set_uid = true;
        } else if (!strcmp(argv[i], "--group")) {
            unsigned long long group = option_number(argc, argv, &i, 0, UINT32_MAX - 1);
            if (run->groups == GROUPS_MAX)
                fail("arguments", "--group: more than %d", GROUPS_MAX);
            run->group[run->groups++] = (gid_t)group;
        } else if (!strcmp(argv[i], "--tap")) {
            run->tap = option_value(argc, argv, &i);
            if (!valid_tap(run->tap))
                fail("arguments", "--tap %s: not a tap of ours", run->tap);
        } else if (!strcmp(argv[i], "--low-priority")) {
            run->low_priority = true;
        } else if (!strcmp(argv[i], "--memory") || !strcmp(argv[i], "--record-memory")) {
            run->memory.written = !strcmp(argv[i], "--record-memory");
            run->memory.holder = option_reference(argc, argv, &i);
            run->memory.descriptor = (unsigned)option_number(argc, argv, &i, 0, INT32_MAX);
            run->mapped = true;
        } else if (!strcmp(argv[i], "--bind")) {
            parse_bind(run, option_value(argc, argv, &i));
        } else if (!strcmp(argv[i], "--confine")) {
            run->bwrap = option_value(argc, argv, &i);
            if (!valid_path(run->bwrap))
                fail("arguments", "--confine %s: an absolute path is needed", run->bwrap);
        } else if (!strcmp(argv[i], "--show")) {
            const char *path = option_value(argc, argv, &i);
            add_show(run, path, path);
        } else if (!strcmp(argv[i], "--show-as")) {
            if (i + 2 >= argc)
                fail("arguments", "--show-as needs a path and a name");
            add_show(run, argv[i + 1], argv[i + 2]);
            i += 2;
        } else if (!strcmp(argv[i], "--limit")) {
            parse_limit(run, option_value(argc, argv, &i));
        } else {
            fail("arguments", "run: unknown argument %s", argv[i]);
        }
    }
    if (run->tap && !run->in_namespace)
        fail("arguments", "--tap needs --holder: taps are in the namespace");
    if (run->groups && !(run->set_uid && geteuid() == 0))
        fail("arguments", "--group needs --uid and a caller that is root");
    if (run->shown && !run->bwrap)
        fail("arguments", "--show needs --confine");
    return i;
}

static void parse(int argc, char **argv, struct run *run)
{
    int i = run_options(argc, argv, run);
    if (i + 1 >= argc || !valid_path(argv[i + 1]))
        fail("arguments", "run: an absolute program is needed after --");
    run->program = argv + i + 1;
    if (!run->directory || !valid_path(run->directory))
        fail("arguments", "run: --dir with an absolute path is needed");
}

/* ---- the end ---- */

static void write_exit(const struct run *run, const struct child *child, int file)
{
    char text[256];
    bool signalled = WIFSIGNALED(child->status);
    int n = snprintf(text, sizeof text, "{\"pid\":%d,\"start\":%llu,\"%s\":%d,\"time\":%lld}\n", child->reference.pid,
        child->reference.start, signalled ? "signal" : "status",
        signalled ? WTERMSIG(child->status) : WEXITSTATUS(child->status), (long long)time(NULL));
    if (pwrite(file, text, (size_t)n, 0) != n || ftruncate(file, n) != 0 || fsync(file) != 0)
        return; /* nobody to tell: whoever looks finds both of us gone and no exit.json */
    if (renameat(run->directory_fd, NEXT_EXIT, run->directory_fd, "exit.json") == 0)
        fsync(run->directory_fd);
}

/* The answer, for a daemon that did not live to hear it. */
static void write_references(const struct run *run, const char *own, const char *its)
{
    char line[2 * REFERENCE_MAX + 2];
    int n = snprintf(line, sizeof line, "%s %s\n", own, its);
    int file = new_file(run->directory_fd, REFERENCES);
    if (file < 0)
        return;
    write_all(file, line, (size_t)n);
    close(file);
}

/* Room for the last words is taken while there is some: a full disk must not hide how a VMM ended. */
static int prepare_exit(const struct run *run)
{
    static const char blanks[256] = {[0 ... 254] = ' ', [255] = '\n'};
    if (unlinkat(run->directory_fd, "exit.json", 0) != 0 && errno != ENOENT)
        fail("directory", "%s/exit.json: %m", run->directory);
    unlinkat(run->directory_fd, REFERENCES, 0);
    int file = new_file(run->directory_fd, NEXT_EXIT);
    if (file < 0 || !write_all(file, blanks, sizeof blanks))
        fail("directory", "%s/" NEXT_EXIT ": %m", run->directory);
    return file;
}

static void reap(struct child *child)
{
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
        if (pid == child->reference.pid) {
            child->ended = true;
            child->status = status;
        }
}

/* True while the stream has more to come. */
static bool pump(struct stream *stream)
{
    static char buffer[65536];
    ssize_t n = read(stream->fd, buffer, sizeof buffer);
    if (n > 0) {
        log_add(stream->log, buffer, (size_t)n);
        return true;
    }
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return false;
    close(stream->fd);
    stream->fd = -1;
    return false;
}

static void drain(struct stream streams[2])
{
    /* Bounded: whoever holds the pipe open may write for ever. */
    for (int s = 0; s < 2; s++)
        for (int i = 0; i < 64 && streams[s].fd >= 0 && pump(&streams[s]); i++)
            ;
}

/* What the VMM left running is ours by now (subreaper), and ends with it. */
static void end_orphans(struct child *child, int signals)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    for (long long until = milliseconds() + ORPHAN_GRACE_MS; milliseconds() < until;) {
        char list[4096];
        if (!read_file(path, list, sizeof list) || !list[strspn(list, " \n")])
            return;
        for (char *p = list, *end; *p; p = end) {
            long pid = strtol(p, &end, 10);
            if (end == p)
                break;
            if (pid > 1)
                kill((pid_t)pid, SIGKILL);
        }
        struct pollfd wait = {.fd = signals, .events = POLLIN};
        poll(&wait, 1, 20);
        struct signalfd_siginfo info;
        while (read(signals, &info, sizeof info) > 0)
            ;
        reap(child);
    }
}

/* Until the child has ended. */
static void watch(struct child *child, struct stream streams[2], int signals, int guard)
{
    long long kill_at = -1;
    while (!child->ended) {
        struct pollfd fds[4] = {
            {.fd = signals, .events = POLLIN},
            {.fd = streams[0].fd, .events = POLLIN},
            {.fd = streams[1].fd, .events = POLLIN},
            {.fd = guard, .events = POLLIN},
        };
        long long left = kill_at < 0 ? -1 : kill_at - milliseconds();
        if (poll(fds, 4, left < 0 ? (kill_at < 0 ? -1 : 0) : (int)left) < 0 && errno != EINTR)
            return;
        for (int s = 0; s < 2; s++)
            if (fds[1 + s].revents)
                pump(&streams[s]);
        if (fds[0].revents) {
            struct signalfd_siginfo info;
            while (read(signals, &info, sizeof info) > 0)
                ;
            reap(child);
        }
        if (fds[3].revents && guard >= 0 && !child->ended) {
            close(guard);
            guard = -1;
            kill(child->reference.pid, SIGTERM);
            kill_at = milliseconds() + TERM_GRACE_MS;
        }
        if (kill_at >= 0 && milliseconds() >= kill_at && !child->ended) {
            kill(child->reference.pid, SIGKILL);
            kill_at = milliseconds() + TERM_GRACE_MS;
        }
    }
}

/* ---- the beginning ---- */

static void make_pipe(int ends[2], bool for_output)
{
    if (pipe2(ends, O_CLOEXEC) != 0)
        fail("descriptors", "pipe: %m");
    if (for_output) {
        fcntl(ends[0], F_SETPIPE_SZ, PIPE_BYTES); /* refused beyond a user's quota: the default does too */
        fcntl(ends[0], F_SETFL, O_NONBLOCK);
    }
}

__attribute__((noreturn)) static void child_side(const struct run *run, int report, int console, int errors)
{
    /* Out of the way of the descriptors that the VMM will find. */
    int high = fcntl(report, F_DUPFD_CLOEXEC, 16);
    if (high < 0)
        _exit(1);
    answer_to(high);
    if (dup2(console, 1) < 0 || dup2(errors, 2) < 0)
        fail("descriptors", "dup2: %m");
    vmm_become(run, high);
}

__attribute__((noreturn)) static void shim(struct run *run, int to_caller)
{
    setsid();
    reset_signals();
    signal(SIGPIPE, SIG_IGN);
    int ignored[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGUSR1, SIGUSR2};
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        signal(ignored[i], SIG_IGN);
    umask(077);
    null_on(0, O_RDONLY);
    null_on(2, O_WRONLY);
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);

    run->directory_fd = open(run->directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (run->directory_fd < 0)
        fail("directory", "%s: %m", run->directory);
    if (flock(run->directory_fd, LOCK_EX | LOCK_NB) != 0)
        fail("directory", "%s: a VMM of this directory still runs", run->directory);
    int guard = run->guarded ? reference_open(run->guard) : -1;
    if (run->guarded && guard < 0)
        fail("until", "%d:%llu: no such process", run->guard.pid, run->guard.start);
    if (run->mapped)
        run->memory_fd = memory_open(&run->memory);

    /* Seen without capabilities, as it will be when the VMM ends. */
    caps_rest();
    int exit_file = prepare_exit(run);
    struct stream streams[2] = {
        {.log = log_open(run->directory_fd, "console.log", CONSOLE_HALF, CONSOLE_MEMORY)},
        {.log = log_open(run->directory_fd, "vmm.log", VMM_HALF, VMM_MEMORY)},
    };
    caps_awake();

    int report[2], console[2], errors[2];
    start_channel(report);
    make_pipe(console, true);
    make_pipe(errors, true);
    sigset_t chld;
    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    sigprocmask(SIG_BLOCK, &chld, NULL);
    pid_t first = fork();
    if (first < 0)
        fail("fork", "%m");
    if (first == 0)
        child_side(run, report[1], console[1], errors[1]);
    close(report[1]);
    close(console[1]);
    close(errors[1]);
    streams[0].fd = console[0];
    streams[1].fd = errors[0];

    if (chdir("/") != 0)
        fail("directory", "/: %m");
    struct child child = {.reference = start_met(report[0], first, errors[0])};
    /* Without a namespace that we own, killing what the VMM left running as another uid needs a right. */
    capset keep = run->set_uid && !run->in_namespace ? CAP_BIT(CAP_KILL) : CAPS_NONE;
    caps_bound(keep);
    caps_limit(keep);
    no_new_privileges();
    /* The VMM may have our uid: it shall not look into us. */
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);

    start_done(report[0], child.reference.pid);
    struct reference self;
    char own[REFERENCE_MAX], its[REFERENCE_MAX];
    if (!reference_of(0, &self))
        self = (struct reference){.pid = getpid()};
    reference_print(self, own);
    reference_print(child.reference, its);
    write_references(run, own, its);
    answer_ok("%s %s", own, its);
    null_on(1, O_WRONLY);
    write_all(to_caller, "k", 1);
    close(to_caller);

    int signals = signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK);
    reap(&child); /* it may have ended before there was somebody to be told */
    watch(&child, streams, signals, guard);
    drain(streams);
    end_orphans(&child, signals);
    drain(streams);
    log_close(streams[0].log, FLUSH_MS);
    log_close(streams[1].log, FLUSH_MS);
    write_exit(run, &child, exit_file);
    _exit(0);
}

int role_run(int argc, char **argv)
{
    static struct run run;
    parse(argc, argv, &run);
    close_from(3);
    int done[2];
    make_pipe(done, false);
    pid_t pid = fork();
    if (pid < 0)
        fail("fork", "%m");
    if (pid == 0) {
        close(done[0]);
        shim(&run, done[1]);
    }
    close(done[1]);
    char byte;
    if (read(done[0], &byte, 1) == 1)
        return 0;
    waitpid(pid, NULL, 0);
    return 1;
}
