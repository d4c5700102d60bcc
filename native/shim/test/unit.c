/* Unit tests of the shim's parts: parsing, references, rings, capability sets, the KVM probe's clock. */
#include "shim.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int passed, failed;

static void check(bool good, const char *what)
{
    good ? passed++ : failed++;
    if (!good)
        printf("FAILED: %s\n", what);
}

#define CHECK(x) check(x, #x)

/* Runs `f` in a child and gives its answer line. */
static const char *answer_of(void (*f)(void))
{
    static char line[4096];
    int ends[2];
    fflush(stdout);
    if (pipe(ends) != 0)
        abort();
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        dup2(ends[1], 1);
        close(ends[1]);
        f();
        _exit(0);
    }
    close(ends[1]);
    read_all(ends[0], line, sizeof line);
    close(ends[0]);
    waitpid(pid, NULL, 0);
    return line;
}

static void numbers(void)
{
    unsigned long long n;
    CHECK(parse_number("0", 0, 9, &n) && n == 0);
    CHECK(parse_number("9223372036854775807", 0, INT64_MAX, &n) && n == INT64_MAX);
    static const char *bad[] = {"", "-1", "+1", " 1", "1 ", "0x1", "1e3", "99999999999999999999", "١"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check(!parse_number(bad[i], 0, UINT64_MAX, &n), bad[i]);
    CHECK(!parse_number("5", 6, 7, &n));
}

static void names(void)
{
    CHECK(valid_name("a") && valid_name("rootfs.ext4") && valid_name("..."));
    CHECK(!valid_name("") && !valid_name(".") && !valid_name("..") && !valid_name("a/b") && !valid_name("a b"));
    CHECK(!valid_name("a\nb") && !valid_name("\xc3\xa4"));
    CHECK(valid_tap("bgr0123456789ab"));
    CHECK(!valid_tap("bgr0123456789aB") && !valid_tap("bgr0123456789a") && !valid_tap("bgr0123456789abc"));
    CHECK(!valid_tap("eth0") && !valid_tap("bgr0123456789a/"));
    CHECK(valid_path("/") && valid_path("/a/..b/c..") && valid_path("/a b"));
    CHECK(!valid_path("") && !valid_path("a") && !valid_path("/a/../b") && !valid_path("/a/..") && !valid_path("/a\nb"));
}

static void references(void)
{
    struct reference r;
    char text[REFERENCE_MAX];
    CHECK(reference_parse("12:345", &r) && r.pid == 12 && r.start == 345);
    reference_print(r, text);
    CHECK(!strcmp(text, "12:345"));
    static const char *bad[] = {"", ":", "1:", ":1", "0:1", "1:1:1", "1;1", "99999999999:1", "-1:1", "1:x", " 1:1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check(!reference_parse(bad[i], &r), bad[i]);

    CHECK(reference_of(0, &r) && r.pid == getpid());
    int fd = reference_open(r);
    CHECK(fd >= 0);
    close(fd);
    r.start++;
    CHECK(reference_open(r) < 0);

    pid_t zombie = fork();
    if (zombie == 0)
        _exit(0);
    siginfo_t info;
    CHECK(reference_of(zombie, &r));
    waitid(P_PID, (id_t)zombie, &info, WEXITED | WNOWAIT);
    CHECK(reference_open(r) < 0);
    waitpid(zombie, NULL, 0);
    CHECK(reference_open(r) < 0);

    unsigned long long start;
    char state;
    CHECK(stat_parse("1 (a) b) R 4 5) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 4242 23", &start, &state));
    CHECK(start == 4242 && state == 'S');
    CHECK(!stat_parse("", &start, &state) && !stat_parse("1 (a)", &start, &state) && !stat_parse("1 (a) S 4 5", &start, &state));
}

static void capabilities(void)
{
    capset set;
    CHECK(caps_parse("net_admin", &set) && set == CAP_BIT(12));
    CHECK(caps_parse("net_admin,net_raw", &set) && set == (CAP_BIT(12) | CAP_BIT(13)));
    CHECK(!caps_parse("", &set) && !caps_parse("net_admin,", &set) && !caps_parse(",net_admin", &set));
    CHECK(!caps_parse("sys_admin", &set) && !caps_parse("net_adminx", &set) && !caps_parse("net", &set));
}

static long size_of(int directory, const char *name)
{
    struct stat st;
    return fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) ? (long)st.st_size : -1;
}

static void content_of(int directory, const char *name, char *out, size_t size)
{
    *out = 0;
    int fd = openat(directory, name, O_RDONLY);
    if (fd >= 0) {
        read_all(fd, out, size);
        close(fd);
    }
}

static void rings(const char *where)
{
    char name[512], text[4096];
    snprintf(name, sizeof name, "%s/ring", where);
    mkdir(name, 0700);
    int d = open(name, O_RDONLY | O_DIRECTORY);

    struct log *log = log_open(d, "a", 100, 1000);
    CHECK(size_of(d, "a") == 0 && size_of(d, "a.1") == -1);
    for (int i = 0; i < 25; i++)
        log_add(log, "0123456789", 10);
    log_close(log, 5000);
    CHECK(size_of(d, "a") == 50 && size_of(d, "a.1") == 100);

    /* The log of the run before is kept, an empty one is not. */
    log = log_open(d, "a", 100, 1000);
    log_close(log, 5000);
    CHECK(size_of(d, "a") == 0 && size_of(d, "a.1") == 50);
    log = log_open(d, "a", 100, 1000);
    CHECK(size_of(d, "a.1") == 50);

    /* More at once than the memory holds: the end survives, the loss is told. */
    char many[3000];
    memset(many, 'x', sizeof many);
    memcpy(many + sizeof many - 8, "the end\n", 8);
    log_add(log, many, sizeof many);
    log_close(log, 5000);
    content_of(d, "a", text, sizeof text);
    CHECK(strstr(text, "the end\n") != NULL || size_of(d, "a") > 0);

    log = log_open(d, "b", 4000, 1000);
    log_add(log, many, sizeof many);
    log_close(log, 5000);
    content_of(d, "b", text, sizeof text);
    CHECK(strstr(text, "2000 bytes lost") != NULL);
    CHECK(strstr(text, "the end\n") != NULL);

    /* Neither a link nor another's file is written through. */
    snprintf(name, sizeof name, "%s/victim", where);
    int victim = open(name, O_WRONLY | O_CREAT, 0600);
    CHECK(victim >= 0 && write_all(victim, "precious", 8));
    close(victim);
    CHECK(symlinkat("../victim", d, "c") == 0);
    log = log_open(d, "c", 100, 1000);
    log_add(log, "guest", 5);
    log_close(log, 5000);
    CHECK(size_of(d, "c") == 5);
    CHECK(linkat(AT_FDCWD, name, d, "e", 0) == 0);
    int fd = new_file(d, "e");
    CHECK(fd >= 0 && write_all(fd, "x", 1));
    close(fd);
    content_of(d, "../victim", text, sizeof text);
    CHECK(!strcmp(text, "precious"));
    close(d);
}

static void say_nasty(void)
{
    fail("step", "a\nb\x1b[31m %s", "c\rd");
}

static void say_long(void)
{
    static char text[10000];
    memset(text, 'y', sizeof text - 1);
    fail("step", "%s", text);
}

static void answers(void)
{
    CHECK(!strcmp(answer_of(say_nasty), "failed step: a?b?[31m c?d\n"));
    const char *line = answer_of(say_long);
    CHECK(strlen(line) < 2100 && line[strlen(line) - 1] == '\n');
}

static void probe_endless(void)
{
    static const unsigned char endless[KVM_PROGRAM] = {0xeb, 0xfe}; /* jmp . */
    kvm_probe("/dev/kvm", endless, 200);
}

static void probe_wrong(void)
{
    static const unsigned char wrong[KVM_PROGRAM] = {0xf4}; /* hlt, nothing printed */
    kvm_probe("/dev/kvm", wrong, 2000);
}

static void probe_null(void)
{
    kvm_probe("/dev/null", kvm_program, 1000);
}

static void probe_missing(void)
{
    kvm_probe("/dev/not-there", kvm_program, 1000);
}

static void probes(void)
{
    CHECK(!strncmp(answer_of(probe_missing), "failed device: /dev/not-there: ", 31));
    CHECK(!strncmp(answer_of(probe_null), "failed device: /dev/null: not KVM", 33));
    int kvm = open("/dev/kvm", O_RDWR);
    if (kvm < 0) {
        printf("skipped: probe of a vCPU that does not end: /dev/kvm: %m\n");
        return;
    }
    close(kvm);
    CHECK(!strncmp(answer_of(probe_endless), "failed stuck: /dev/kvm: the vCPU did not come back within 200 ms", 63));
    const char *line = answer_of(probe_wrong);
    check(!strncmp(line, "failed vcpu: /dev/kvm: the vCPU halted without", 46), line);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 64;
    numbers();
    names();
    references();
    capabilities();
    answers();
    rings(argv[1]);
    probes();
    printf("%d %d\n", passed, failed);
    return failed != 0;
}
