/* banger-shim: what each file offers the others. The contract is docs/protocol.md, section Shim. */
#ifndef SHIM_H
#define SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The directories a program of ours is told to look in; the same for each of them. */
#define SHIM_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* ---- answer.c: the one line a role prints ---- */

/* Where the line goes: descriptor 1, or a pipe to the process that prints it. */
void answer_to(int fd);
__attribute__((format(printf, 1, 2))) void answer_ok(const char *format, ...);
/* Prints "failed STEP: TEXT" and ends the process with status 1. */
__attribute__((noreturn, format(printf, 2, 3))) void fail(const char *step, const char *format, ...);
/* The same for a line that is already made. */
__attribute__((noreturn)) void fail_line(const char *line);

/* ---- reference.c: process references, PID:START ---- */

struct reference {
    pid_t pid;
    unsigned long long start; /* field 22 of /proc/PID/stat */
};

#define REFERENCE_MAX 40

bool reference_parse(const char *text, struct reference *out);
void reference_print(struct reference r, char out[REFERENCE_MAX]);
/* Start time and state letter of a line of /proc/PID/stat. */
bool stat_parse(const char *line, unsigned long long *start, char *state);
/* The reference of a living process; PID 0: our own. */
bool reference_of(pid_t pid, struct reference *out);
/* A pidfd for exactly this process, or -1: it is gone, or its number belongs to another now. */
int reference_open(struct reference r);

/* ---- arguments.c ---- */

bool parse_number(const char *text, unsigned long long min, unsigned long long max, unsigned long long *out);
/* One path component: not empty, no slash, neither "." nor "..", printable ASCII. */
bool valid_name(const char *text);
/* A tap of ours: "bgr" and 12 hex digits. */
bool valid_tap(const char *text);
/* Absolute, no ".." component, no control character. */
bool valid_path(const char *text);
/* The value of the option argv[*i]; fails when it is missing. */
char *option_value(int argc, char **argv, int *i);
unsigned long long option_number(int argc, char **argv, int *i, unsigned long long min, unsigned long long max);
struct reference option_reference(int argc, char **argv, int *i);

/* ---- fds.c: descriptors, signals, the things every detached process does ---- */

/* Closes every descriptor from `first` on. */
void close_from(int first);
/* Marks every descriptor from `first` on as close-on-exec. */
void cloexec_from(int first);
/* Puts /dev/null on the descriptor. */
void null_on(int fd, int flags);
/* Default dispositions for all signals, none blocked. */
void reset_signals(void);
/* Whole buffer or failure; EINTR is retried. */
bool write_all(int fd, const void *bytes, size_t length);
/* Reads to end of file or until the buffer is full, NUL-terminates; -1 on error. */
ssize_t read_all(int fd, char *out, size_t size);
/* The whole of a small file; false when it cannot be read. */
bool read_file(const char *path, char *out, size_t size);

/* ---- caps.c ---- */

typedef uint64_t capset;
#define CAPS_NONE ((capset)0)
#define CAP_BIT(n) ((capset)1 << (n))

/* "net_admin,sys_ptrace" to a set. */
bool caps_parse(const char *text, capset *out);
/* Cuts the bounding set to `keep` and empties the ambient and inheritable ones. Needs CAP_SETPCAP;
   without it nothing is cut, which is no failure for a process that has no capability at all. */
void caps_bound(capset keep);
/* Permitted and effective become what they have of `keep`. */
void caps_limit(capset keep);
/* Effective becomes empty, or all that is permitted again. */
void caps_rest(void);
void caps_awake(void);
void no_new_privileges(void);

/* ---- namespaces.c ---- */

/* Makes a new user + network namespace. Fails with the reason why none is to be had. */
void namespaces_new(void);
/* Joins the user and network namespace of a process. */
void namespaces_join(struct reference holder);
/* The reason for errno of a refused namespace: a step name. `text` gets the explanation. */
const char *namespaces_refused(int error, char *text, size_t size);
/* Writes uid_map, gid_map (and setgroups) of a process of ours in a new namespace. */
void namespaces_map(pid_t pid, long map_uid);
/* Brings lo up: the first thing that shows whether our privileges in the namespace are real. */
void loopback_up(void);

/* ---- log.c: two-file rings ---- */

/* One stream of bytes, kept in NAME and NAME.1, half of the ring each. Bytes are taken into memory at
   once; a thread of its own writes them, so that a slow disk costs bytes, never the writer's time. */
struct log;
struct log *log_open(int directory, const char *name, size_t half, size_t memory);
/* Never blocks on the disk. */
void log_add(struct log *log, const char *bytes, size_t length);
/* Waits until all is written, or for so long. */
void log_close(struct log *log, int milliseconds);
/* A new file NAME, 0600, never one that was there or that a link points to; -1 when it cannot be made. */
int new_file(int directory, const char *name);

/* ---- vmm.c: the child's side of `run` ---- */

#define BINDS_MAX 96
#define GROUPS_MAX 8
#define SHOWN_MAX 64

struct bind {
    char *source;
    char *name;
};

/* A descriptor of another process. */
struct memory {
    struct reference holder;
    unsigned descriptor;
    bool written; /* by the VMM: --record-memory; else --memory */
};

struct run {
    char *directory;
    int directory_fd;
    bool in_namespace;
    struct reference holder;
    bool set_uid;
    uid_t uid;
    size_t groups;
    gid_t group[GROUPS_MAX];
    const char *tap;
    bool low_priority;
    bool mapped;
    struct memory memory;
    int memory_fd;
    size_t binds;
    struct bind bind[BINDS_MAX];
    unsigned long long limit_as, limit_fsize, limit_nofile; /* 0: none */
    const char *bwrap; /* NULL: the VMM sees what its user sees */
    size_t shown;
    struct {
        const char *source, *name; /* as the confined VMM sees it: read-only; devices as such */
    } show[SHOWN_MAX];
    bool guarded;
    struct reference guard; /* --until */
    char **program;
};

/* Becomes the program: never returns. Descriptor 1 and 2 are the pipes already; `report` leads to the
   shim (await_vmm in start.c). */
__attribute__((noreturn)) void vmm_become(const struct run *run, int report);
/* An empty file or directory called NAME in the working directory, to be covered by a mount. */
void mount_point(const char *name, bool directory);
/* SOURCE, read-only, over the NAME in the working directory or the absolute path, which is there. */
void mount_read_only(const char *source, const char *name);

/* ---- memory.c ---- */

/* Where a VMM finds the memory that it maps. */
#define MEMORY_FD 4

/* A memfd: one that nobody can write to any more, but for one that the VMM shall fill. */
int memory_open(const struct memory *memory);
/* Puts it where the VMM expects it, to be inherited. */
void memory_place(int fd);

/* ---- confine.c: a VMM that sees nothing but what is its own ---- */

/* Its directory as it sees it. */
#define CONFINED_DIRECTORY "/vm"
/* The files it needs, put where another uid can reach them: needs a mount namespace of our own, with
   rights in it, and the VM's directory as the working directory. */
void confine_stage(const struct run *run);
/* Executes bwrap, which executes this program again as `become`, which executes the VMM. */
__attribute__((noreturn)) void confine(const struct run *run, int report);

/* ---- start.c: between the shim and a child that becomes the VMM ---- */

/* Both ends; the shim's is the first. */
void start_channel(int ends[2]);
/* In the child, right before it executes the program: tells the shim who it is, and waits until that
   was understood. From here on only a failure to execute is reported. */
void start_announce(int report);
/* In the shim: the process that will be the VMM. It is not our child yet when bwrap made it: that one is
   ended then, which makes it ours. Fails with what the child reported, or said on `errors`. */
struct reference start_met(int report, pid_t child, int errors);
/* The program runs, or this fails with why it does not. */
void start_done(int report, pid_t vmm);

/* ---- kvm.c ---- */

#define KVM_PROGRAM 22
extern const unsigned char kvm_program[KVM_PROGRAM];
/* Runs the program on a vCPU: it has to print 5 to port 0x80 and halt. Answers, or fails. */
int kvm_probe(const char *device, const unsigned char program[KVM_PROGRAM], int deadline);

/* ---- roles ---- */

/* The options of `run`, up to "--" or the end; gives the index of that. */
int run_options(int argc, char **argv, struct run *run);

int role_hold(int argc, char **argv);
int role_enter(int argc, char **argv);
int role_run(int argc, char **argv);
int role_become(int argc, char **argv);
int role_try_confine(int argc, char **argv);
int role_probe_kvm(int argc, char **argv);
int role_spawn(int argc, char **argv);

#endif
