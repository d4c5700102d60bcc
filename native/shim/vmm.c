/* The child's side of `run`: from a fork of the shim to the VMM, losing everything on the way. */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/if_tun.h>
#include <linux/mount.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

static void limit(int which, unsigned long long value, const char *name)
{
    struct rlimit l = {value, value};
    if (setrlimit(which, &l) != 0)
        fail("limit", "%s: %m", name);
}

static int open_tap(const char *name)
{
    /* Asked for by name, a tap that is not there would be made. */
    if (if_nametoindex(name) == 0)
        fail("tap", "%s: there is no such tap", name);
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    if (fd < 0)
        fail("tap", "/dev/net/tun: %m");
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
    strncpy(request.ifr_name, name, IFNAMSIZ - 1);
    if (ioctl(fd, TUNSETIFF, &request) != 0)
        fail("tap", errno == EBUSY ? "%s: another process holds this tap" : "%s: %m", name);
    return fd;
}

void mount_point(const char *name, bool directory)
{
    struct stat st;
    if (lstat(name, &st) == 0) {
        if (directory ? S_ISDIR(st.st_mode) : (S_ISREG(st.st_mode) && st.st_size == 0))
            return;
        if (!S_ISLNK(st.st_mode))
            fail("bind", "%s: something else is there", name);
        if (unlink(name) != 0)
            fail("bind", "%s: %m", name);
    }
    if (directory) {
        if (mkdir(name, 0700) != 0)
            fail("bind", "%s: %m", name);
        return;
    }
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        fail("bind", "%s: %m", name);
    close(fd);
}

static void read_only(const char *name)
{
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV};
    if (syscall(SYS_mount_setattr, AT_FDCWD, name, AT_SYMLINK_NOFOLLOW, &attributes, sizeof attributes) == 0)
        return;
    if (errno != ENOSYS)
        fail("bind", "%s: read-only: %m", name);
    struct statvfs have;
    if (statvfs(name, &have) != 0)
        fail("bind", "%s: %m", name);
    unsigned long flags = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV;
    /* Flags that the namespace's owner locked must be given again. */
    if (have.f_flag & ST_NOEXEC)
        flags |= MS_NOEXEC;
    if (have.f_flag & ST_NOATIME)
        flags |= MS_NOATIME;
    if (have.f_flag & ST_NODIRATIME)
        flags |= MS_NODIRATIME;
    if (have.f_flag & ST_RELATIME)
        flags |= MS_RELATIME;
    if (mount(NULL, name, NULL, flags, NULL) != 0)
        fail("bind", "%s: read-only: %m", name);
}

void mount_read_only(const char *source_path, const char *name)
{
    int source = open(source_path, O_PATH | O_CLOEXEC);
    struct stat st;
    if (source < 0 || fstat(source, &st) != 0)
        fail("bind", "%s: %m", source_path);
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        fail("bind", "%s: neither a file nor a directory", source_path);
    if (*name != '/')
        mount_point(name, S_ISDIR(st.st_mode));
    char path[40];
    snprintf(path, sizeof path, "/proc/self/fd/%d", source);
    if (mount(path, name, NULL, MS_BIND, NULL) != 0)
        fail("bind", "%s on %s: %m", source_path, name);
    read_only(name);
    close(source);
}

/* Descriptors that links lead to, kept for the VMM. */
static int held[BINDS_MAX];
static size_t held_count;

/* Out of the way of every descriptor that is still of use. */
#define HELD_FROM 64

/* Without mounts a symbolic link. When the VMM will be another uid, SOURCE may lie where that uid
   cannot walk: then the link leads to a descriptor that the VMM inherits. */
static void link_one(const struct bind *b, bool hold)
{
    struct stat st;
    char target[40];
    const char *to = b->source;
    if (stat(b->source, &st) != 0)
        fail("bind", "%s: %m", b->source);
    if (hold) {
        int file = open(b->source, O_RDONLY | O_CLOEXEC);
        int fd = file < 0 ? -1 : fcntl(file, F_DUPFD_CLOEXEC, HELD_FROM);
        if (fd < 0)
            fail("bind", "%s: %m", b->source);
        close(file);
        held[held_count++] = fd;
        snprintf(target, sizeof target, "/proc/self/fd/%d", fd);
        to = target;
    }
    if (lstat(b->name, &st) == 0) {
        if (!S_ISLNK(st.st_mode) && !(S_ISREG(st.st_mode) && st.st_size == 0))
            fail("bind", "%s: something else is there", b->name);
        if (unlink(b->name) != 0)
            fail("bind", "%s: %m", b->name);
    }
    if (symlink(to, b->name) != 0)
        fail("bind", "%s: %m", b->name);
}

static bool is_directory(const char *source)
{
    struct stat st;
    if (stat(source, &st) != 0)
        fail("bind", "%s: %m", source);
    return S_ISDIR(st.st_mode);
}

static void place_binds(const struct run *run)
{
    if (run->binds == 0 && !run->bwrap)
        return;
    /* bwrap makes the mounts of a user who can reach the files himself. */
    if (run->bwrap && !run->set_uid) {
        for (size_t i = 0; i < run->binds; i++)
            mount_point(run->bind[i].name, is_directory(run->bind[i].source));
        return;
    }
    /* A mount namespace is the holder's to give, or real root's. */
    if (unshare(CLONE_NEWNS) != 0) {
        if (run->bwrap)
            fail("confine", "mount namespace: %m");
        if (run->in_namespace)
            fail("bind", "mount namespace: %m");
        for (size_t i = 0; i < run->binds; i++)
            link_one(&run->bind[i], run->set_uid);
        return;
    }
    /* Unmounting on the host still reaches us, so that no file system is held busy by a VM. */
    if (mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL) != 0)
        fail("bind", "mount propagation: %m");
    for (size_t i = 0; i < run->binds; i++)
        mount_read_only(run->bind[i].source, run->bind[i].name);
    if (run->bwrap)
        confine_stage(run);
}

void vmm_become(const struct run *run, int report)
{
    if (setsid() < 0)
        fail("session", "%m");
    reset_signals();
    if (run->directory && fchdir(run->directory_fd) != 0)
        fail("directory", "%s: %m", run->directory);
    limit(RLIMIT_CORE, 0, "core");
    if (run->low_priority && setpriority(PRIO_PROCESS, 0, 19) != 0)
        fail("priority", "%m");
    /* Before the namespace is joined: groups are the caller's to give. */
    if (run->set_uid && geteuid() == 0 && setgroups(run->groups, run->group) != 0)
        fail("uid", "groups: %m");
    if (run->in_namespace)
        namespaces_join(run->holder);

    int memory = run->mapped ? fcntl(run->memory_fd, F_DUPFD_CLOEXEC, HELD_FROM) : -1;
    if (run->mapped && memory < 0)
        fail("memory", "%m");
    int tap = run->tap ? open_tap(run->tap) : -1;
    place_binds(run);
    if (tap >= 0) {
        if (tap != 3 && dup2(tap, 3) < 0)
            fail("tap", "descriptor 3: %m");
        fcntl(3, F_SETFD, 0);
    }
    cloexec_from(tap >= 0 ? 4 : 3);
    if (run->mapped)
        memory_place(memory);
    for (size_t i = 0; i < held_count; i++)
        fcntl(held[i], F_SETFD, 0);

    /* Uid 0 of the namespace goes into bwrap's map, and the kernel asks who does that for this right. */
    capset keep = run->bwrap && run->in_namespace && !run->set_uid ? CAP_BIT(CAP_SETFCAP) : CAPS_NONE;
    caps_bound(keep);
    if (run->set_uid && (setresgid(run->uid, run->uid, run->uid) != 0 || setresuid(run->uid, run->uid, run->uid) != 0))
        fail("uid", "%u: %m", run->uid);
    caps_limit(keep);
    no_new_privileges();
    if (run->limit_nofile)
        limit(RLIMIT_NOFILE, run->limit_nofile, "nofile");
    if (run->limit_fsize)
        limit(RLIMIT_FSIZE, run->limit_fsize, "fsize");
    if (run->limit_as)
        limit(RLIMIT_AS, run->limit_as, "as");
    if (run->bwrap)
        confine(run, report);
    start_announce(report);
    char *environment[] = {"PATH=" SHIM_PATH, "HOME=/", "LC_ALL=C.UTF-8", NULL};
    execve(run->program[0], run->program, environment);
    fail("exec", "%s: %m", run->program[0]);
}
