/* Files in directories that another user, who may mean harm, can write: found without a link, held by
   their descriptor from then on, and judged by what is held. */
#include "launch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DEEPEST 32

static int open2(int directory, const char *path, int flags, unsigned long long resolve)
{
    struct open_how how = {.flags = (unsigned)(flags | O_CLOEXEC | O_NOFOLLOW), .resolve = resolve};
    int fd;
    /* A rename elsewhere at the same moment makes it ask again. */
    for (int attempt = 0; attempt < 16; attempt++)
        if ((fd = (int)syscall(SYS_openat2, directory, path, &how, sizeof how)) >= 0 || errno != EAGAIN)
            return fd;
    return -1;
}

int directory_open(const char *what, const char *path)
{
    if (!valid_path(path))
        fail("arguments", "%s %s: an absolute path is needed", what, path);
    int fd = open2(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
    if (fd < 0)
        fail("directory", "%s: %m", path);
    return fd;
}

int beneath(int directory, const char *path, int flags)
{
    int fd = open2(directory, path, flags,
        RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV);
    if (fd < 0)
        fail("file", "%s: %m", path);
    return fd;
}

void require_ours(int directory, const char *what)
{
    struct stat st;
    if (fstat(directory, &st) != 0)
        fail("directory", "%s: %m", what);
    if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & (S_IWGRP | S_IWOTH)))
        fail("directory", "%s: not root's alone", what);
}

long long require_plain(int file, const char *what, uid_t one, uid_t other, mode_t forbidden)
{
    struct stat st;
    if (fstat(file, &st) != 0)
        fail("file", "%s: %m", what);
    if (!S_ISREG(st.st_mode))
        fail("file", "%s: not a regular file", what);
    if (st.st_uid != one && st.st_uid != other)
        fail("file", "%s: belongs to uid %u", what, st.st_uid);
    if (st.st_nlink != 1)
        fail("file", "%s: has %lu names", what, (unsigned long)st.st_nlink);
    if (st.st_mode & (forbidden | S_ISUID | S_ISGID | S_ISVTX))
        fail("file", "%s: mode %04o", what, st.st_mode & 07777);
    return st.st_size;
}

static void clear(int directory, dev_t device, const char *what, int depth)
{
    struct stat st;
    if (depth > DEEPEST)
        fail("jail", "%s: deeper than %d", what, DEEPEST);
    if (fstat(directory, &st) != 0 || st.st_dev != device)
        fail("jail", "%s: another file system is mounted there", what);
    int copy = dup(directory);
    DIR *entries = copy < 0 ? NULL : fdopendir(copy);
    if (!entries)
        fail("jail", "%s: %m", what);
    for (struct dirent *e; (e = readdir(entries));) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
            continue;
        if (unlinkat(directory, e->d_name, 0) == 0)
            continue;
        int inner = openat(directory, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (inner < 0)
            fail("jail", "%s/%s: %m", what, e->d_name);
        clear(inner, device, e->d_name, depth + 1);
        close(inner);
        if (unlinkat(directory, e->d_name, AT_REMOVEDIR) != 0)
            fail("jail", "%s/%s: %m", what, e->d_name);
    }
    closedir(entries);
}

void remove_tree(int directory, const char *name)
{
    struct stat st;
    int fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return;
    if (fd < 0 || fstat(fd, &st) != 0)
        fail("jail", "%s: %m", name);
    clear(fd, st.st_dev, name, 0);
    close(fd);
    if (unlinkat(directory, name, AT_REMOVEDIR) != 0)
        fail("jail", "%s: %m", name);
}
