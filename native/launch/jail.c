/* A VM's chroot: made anew for each start, by descriptor from beginning to end. */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define MOST_FILES "no-file=4096" /* a vsock has up to 1,023 connections, two descriptors each */
#define SLACK (64LL << 20)        /* of a saved state beside the memory */

#define OPEN_TREE_CLONE_FLAG 1U
#define RECURSIVE 0x8000U /* AT_RECURSIVE */
#define EMPTY_PATH 0x1000U /* AT_EMPTY_PATH */
#define BOTH_EMPTY_PATHS 0x44U /* MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH */

void jail_own_mounts(void)
{
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL) != 0)
        fail("jail", "mount namespace: %m");
}

static const char *exec_name(const struct place *place)
{
    return strrchr(place->firecracker, '/') + 1;
}

/* A directory of ours below one of ours, made when missing. */
static int ours(int directory, const char *name, mode_t mode)
{
    if (mkdirat(directory, name, mode) != 0 && errno != EEXIST)
        fail("jail", "%s: %m", name);
    int fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        fail("jail", "%s: %m", name);
    require_ours(fd, name);
    if (fchmod(fd, mode) != 0)
        fail("jail", "%s: %m", name);
    return fd;
}

/* Exactly what was judged, whatever its name means by now. */
static void bind(int file, int target, const char *name, bool writable)
{
    struct mount_attr attributes = {
        .attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | (writable ? 0 : MOUNT_ATTR_RDONLY)};
    int tree = (int)syscall(SYS_open_tree, file, "", OPEN_TREE_CLONE_FLAG | O_CLOEXEC | EMPTY_PATH | RECURSIVE);
    if (tree < 0 || syscall(SYS_mount_setattr, tree, "", EMPTY_PATH, &attributes, sizeof attributes) != 0
        || syscall(SYS_move_mount, tree, "", target, "", BOTH_EMPTY_PATHS) != 0)
        fail("jail", "%s: mount: %m", name);
    close(tree);
}

static void bind_file(int file, int directory, const char *name, bool writable)
{
    int target = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400);
    if (target < 0)
        fail("jail", "%s: %m", name);
    bind(file, target, name, writable);
    close(target);
    close(file);
}

/* A file of the owner's that many VMs read. */
static int shared(const struct place *place, const char *path)
{
    int file = beneath(place->state, path, O_RDONLY | O_NONBLOCK);
    require_plain(file, path, place->owner, place->owner, S_IWUSR | S_IWGRP | S_IWOTH);
    return file;
}

/* A disk: from now on the VM's, and the owner's by its group. */
static int disk(const struct place *place, int directory, const char *name, uid_t uid, long long *largest)
{
    int file = beneath(directory, name, O_RDONLY | O_NONBLOCK);
    long long size = require_plain(file, name, place->owner, uid, S_IWOTH);
    if (fchown(file, uid, place->group) != 0 || fchmod(file, 0660) != 0)
        fail("file", "%s: %m", name);
    if (size > *largest)
        *largest = size;
    return file;
}

static int vm_directory(const struct place *place, const char *id)
{
    char path[32];
    struct stat st;
    snprintf(path, sizeof path, "vms/%s", id);
    int fd = beneath(place->state, path, O_RDONLY | O_DIRECTORY);
    if (fstat(fd, &st) != 0 || st.st_uid != place->owner)
        fail("file", "%s: not the owner's", path);
    return fd;
}

long long jail_make(const struct place *place, const struct request *request, uid_t uid)
{
    char image[128], kernel[128], initrd[192], modules[128];
    snprintf(image, sizeof image, "images/%s/rootfs.ext4", request->image);
    snprintf(kernel, sizeof kernel, "kernels/%s/vmlinux", request->kernel);
    snprintf(modules, sizeof modules, "kernels/%s/modules.ext4", request->kernel);
    snprintf(initrd, sizeof initrd, "kernels/%s/initrd-%s.img", request->kernel, request->initrd);
    struct sysinfo host;
    long long largest = sysinfo(&host) == 0 ? (long long)host.totalram * host.mem_unit : 0;

    /* All of it is judged before anything is made. */
    int vm = vm_directory(place, request->id);
    struct {
        const char *name;
        int file;
        bool writable;
    } files[] = {
        {"vda", shared(place, image), false},
        {"vdb", disk(place, vm, "vdb", uid, &largest), true},
        {"vdc", disk(place, vm, "vdc", uid, &largest), true},
        {"vdd", shared(place, modules), false},
        {"kernel", shared(place, kernel), false},
        {"initrd", shared(place, initrd), false},
    };
    int base = ours(place->jails, exec_name(place), 0711);
    /* What an earlier run left was written by the VM. */
    remove_tree(base, request->id);
    int own = ours(base, request->id, 0711);
    int shown = ours(own, "vm", 0700);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        bind_file(files[i].file, shown, files[i].name, files[i].writable);
    /* Beside the chroot, which the jailer closes to everybody: the owner connects to the sockets in it. */
    int root = ours(own, "root", 0700), inside = ours(root, "vm", 0700);
    bind(shown, inside, "vm", true);
    /* Last: from here on the VM and the owner's group may write in it. */
    if (fchown(shown, uid, place->group) != 0 || fchmod(shown, 0770) != 0)
        fail("jail", "vm: %m");
    return largest + SLACK;
}

void jail_remove(const struct place *place, const char *id)
{
    int base = ours(place->jails, exec_name(place), 0711);
    remove_tree(base, id);
    close(base);
}

void jail_enter(const struct place *place, const char *id, uid_t uid, long long largest)
{
    char user[16], group[16], size[32];
    snprintf(user, sizeof user, "%u", uid);
    snprintf(group, sizeof group, "%u", place->group);
    snprintf(size, sizeof size, "fsize=%lld", largest);
    const char *words[32] = {place->jailer, "--id", id, "--exec-file", place->firecracker, "--uid", user, "--gid", group,
        "--chroot-base-dir", place->jails_path, "--resource-limit", MOST_FILES, "--resource-limit", size};
    size_t n = 15;
    if (place->netns) {
        words[n++] = "--netns";
        words[n++] = place->netns;
    }
    static const char *const inner[] = {"--", "--api-sock", "/vm/api.sock", "--level", "Error"};
    for (size_t i = 0; i < sizeof inner / sizeof *inner; i++)
        words[n++] = inner[i];
    words[n] = NULL;
    char *environment[] = {"PATH=" SHIM_PATH, "HOME=/", "LC_ALL=C.UTF-8", NULL};
    umask(007); /* its sockets are the owner's too, by the group */
    null_on(0, O_RDONLY);
    cloexec_from(3);
    no_new_privileges();
    execve(place->jailer, (char **)(uintptr_t)words, environment);
    /* The answer was given; systemd hears the rest. */
    dprintf(2, "banger-launch: %s: %s\n", place->jailer, strerror(errno));
    _exit(1);
}
