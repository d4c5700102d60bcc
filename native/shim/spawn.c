/* spawn: a program in a session of its own that outlives its caller; the daemon is started by it. */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What of the caller's environment a daemon may see; everything else (GIT_*, LD_*, JAVA_*) is dropped. */
static const char *const KEPT[] = {
    "HOME",       "USER",        "LOGNAME",    "XDG_STATE_HOME", "XDG_CACHE_HOME",   "XDG_CONFIG_HOME",
    "http_proxy", "https_proxy", "no_proxy",   "TZ",             "BANGER_HOME",      "BANGER_LOG_LEVEL",
    "BANGER_FAILPOINT",
};
#define KEPT_COUNT (sizeof KEPT / sizeof *KEPT)

static char **environment(void)
{
    static char *out[KEPT_COUNT + 3];
    size_t n = 0;
    out[n++] = "PATH=" SHIM_PATH;
    out[n++] = "LC_ALL=C.UTF-8";
    for (size_t i = 0; i < KEPT_COUNT; i++) {
        const char *value = getenv(KEPT[i]);
        if (value && asprintf(&out[n], "%s=%s", KEPT[i], value) > 0)
            n++;
    }
    out[n] = NULL;
    return out;
}

int role_spawn(int argc, char **argv)
{
    const char *log = NULL;
    int i = 0;
    for (; i < argc && strcmp(argv[i], "--"); i++) {
        if (!strcmp(argv[i], "--log"))
            log = option_value(argc, argv, &i);
        else
            fail("arguments", "spawn: unknown argument %s", argv[i]);
    }
    char **program = argv + i + 1;
    if (i + 1 >= argc || !valid_path(program[0]))
        fail("arguments", "spawn: an absolute program is needed after --");
    if (!log || !valid_path(log))
        fail("arguments", "spawn: --log with an absolute path is needed");

    /* The exec of the program closes its end of this pipe; a failure is told through it. */
    int told[2];
    if (pipe2(told, O_CLOEXEC) != 0)
        fail("pipe", "%m");
    pid_t child = fork();
    if (child < 0)
        fail("fork", "%m");
    if (child == 0) {
        close(told[0]);
        answer_to(told[1]);
        umask(077);
        int out = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (out < 0)
            fail("log", "%s: %m", log);
        if (setsid() < 0 || chdir("/") != 0)
            fail("session", "%m");
        reset_signals();
        null_on(0, O_RDONLY);
        if (dup2(out, 1) < 0 || dup2(out, 2) < 0)
            fail("log", "%s: %m", log);
        cloexec_from(3);
        execve(program[0], program, environment());
        fail("exec", "%s: %m", program[0]);
    }
    close(told[1]);
    char line[1024];
    ssize_t n = read_all(told[0], line, sizeof line);
    if (n > 0) {
        line[strcspn(line, "\n")] = '\0';
        fail_line(line);
    }
    struct reference r;
    char text[REFERENCE_MAX];
    if (!reference_of(child, &r))
        fail("exec", "%s: ended at once", program[0]);
    reference_print(r, text);
    answer_ok("%s", text);
    return 0;
}
