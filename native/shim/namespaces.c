/* The private user + network namespace: made, mapped, joined, and why there is none to be had. */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static bool setting_is(const char *path, char value)
{
    char text[32];
    return read_file(path, text, sizeof text) && text[0] == value && (text[1] == '\n' || !text[1]);
}

const char *namespaces_refused(int error, char *text, size_t size)
{
    if (error == ENOSPC || setting_is("/proc/sys/user/max_user_namespaces", '0')
        || setting_is("/proc/sys/user/max_net_namespaces", '0')) {
        char limit[32] = "?";
        read_file("/proc/sys/user/max_user_namespaces", limit, sizeof limit);
        limit[strcspn(limit, "\n")] = 0;
        snprintf(text, size, "no more namespaces allowed (user.max_user_namespaces is %s): %s", limit, strerror(error));
        return "namespace-limit";
    }
    if (error == EINVAL || error == ENOSYS) {
        snprintf(text, size, "this kernel has no user or network namespaces: %s", strerror(error));
        return "namespace-missing";
    }
    if (geteuid() != 0 && setting_is("/proc/sys/kernel/unprivileged_userns_clone", '0')) {
        snprintf(text, size, "kernel.unprivileged_userns_clone is 0: %s", strerror(error));
        return "namespace-disabled";
    }
    if (setting_is("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1')) {
        snprintf(text, size, "kernel.apparmor_restrict_unprivileged_userns is 1: %s", strerror(error));
        return "namespace-apparmor";
    }
    snprintf(text, size, "refused to uid %d (a container's or a security module's rule): %s", (int)geteuid(), strerror(error));
    return "namespace-refused";
}

void namespaces_new(void)
{
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0)
        return;
    char text[256];
    const char *step = namespaces_refused(errno, text, sizeof text);
    fail(step, "%s", text);
}

void namespaces_join(struct reference holder)
{
    int fd = reference_open(holder);
    if (fd < 0)
        fail("holder", "%d:%llu: no such process", holder.pid, holder.start);
    if (setns(fd, CLONE_NEWUSER | CLONE_NEWNET) != 0)
        fail("holder", "%d:%llu: its namespaces cannot be joined: %m", holder.pid, holder.start);
    close(fd);
}

static void write_map(pid_t pid, const char *file, const char *text)
{
    char path[64], why[256];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text)) {
        close(fd);
        return;
    }
    int error = errno;
    if (fd >= 0)
        close(fd);
    if (geteuid() == 0)
        fail("namespace-map", "%s \"%.*s\": %s", file, (int)strcspn(text, "\n"), text, strerror(error));
    const char *step = namespaces_refused(error, why, sizeof why);
    fail(step, "%s: %s", file, why);
}

void namespaces_map(pid_t pid, long map_uid)
{
    char uids[128], gids[128];
    if (geteuid() == 0 && map_uid > 0) {
        snprintf(uids, sizeof uids, "0 0 1\n1 %ld 1\n", map_uid);
        snprintf(gids, sizeof gids, "0 0 1\n1 %ld 1\n", map_uid);
    } else {
        snprintf(uids, sizeof uids, "0 %d 1\n", (int)geteuid());
        snprintf(gids, sizeof gids, "0 %d 1\n", (int)getegid());
    }
    if (geteuid() != 0)
        write_map(pid, "setgroups", "deny");
    write_map(pid, "uid_map", uids);
    write_map(pid, "gid_map", gids);
}

void loopback_up(void)
{
    struct ifreq request = {.ifr_flags = IFF_UP | IFF_RUNNING};
    strcpy(request.ifr_name, "lo");
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) != 0) {
        char text[256];
        const char *step = namespaces_refused(errno, text, sizeof text);
        fail(step, "a namespace was made, but without rights in it: %s", text);
    }
    close(fd);
}
