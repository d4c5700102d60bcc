/* Files below a root directory: every path is resolved inside it, links included, never out of it. */
#ifndef BANGER_INROOT_H
#define BANGER_INROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Opens path (relative) as seen by a process whose root directory is `root`. */
int inroot_open(int root, const char *path, int flags);
/* Opens the directory that holds path's last component, making missing ones (0755 root); name points
   at that component. */
int inroot_parent(int root, const char *path, bool make, const char **name);
/* A directory at path, made with its parents where missing. */
int inroot_dir(int root, const char *path, mode_t mode);

struct inroot_owner {
	mode_t mode;
	uid_t uid;
	gid_t gid;
};

/* The file at path gets this content, owner and mode in one step; a link at path is replaced. Writes
   nothing when it is so already. */
bool inroot_put(int root, const char *path, const void *data, size_t len, const struct inroot_owner *o);
bool inroot_put_text(int root, const char *path, const char *text);
bool inroot_put_dir(int root, const char *path, const struct inroot_owner *o);
bool inroot_put_link(int root, const char *path, const char *target, const struct inroot_owner *o);
/* True when anything, also a dangling link, is at path. */
bool inroot_exists(int root, const char *path);
/* Adds each line of text that the file at path does not have. */
bool inroot_merge(int root, const char *path, const char *text, size_t len, const struct inroot_owner *o);

#endif
