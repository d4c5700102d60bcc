/* Starting one command with everything it is promised: user, groups, directory, terminal, limits. */
#ifndef BANGER_CHILD_H
#define BANGER_CHILD_H

#include "execspec.h"

#include <stdbool.h>
#include <sys/types.h>

struct child {
	pid_t pid;            /* also its process group and session */
	int pidfd;
	int in, out, err;     /* our ends, non-blocking; with a terminal in == out, err is -1 */
	char cgroup[64];      /* its own group, or empty */
	int status;           /* 126 or 127 when it could not be run, else 0 */
	char why[400];
};

/* False (child->status, child->why) when nothing was run. cwd is a directory, checked before. */
bool child_start(struct child *ch, const struct execspec *s, const struct user *u, char **env);
/* In a forked process: everything that a command of the user gets, then execve with argv[0] as given
   (path is what is run). Returns with errno. */
void child_become(const struct user *u, const char *cwd, bool cwd_must);
/* The file to run for a name without a slash, from PATH in env; NULL: not found. Memory of its own. */
char *child_find(const char *name, char **env, int *err);

/* cgroup.c: best effort, where the unified hierarchy is mounted. */
bool cgroup_make(char name[64]);
bool cgroup_enter(const char *name);
void cgroup_remove(const char *name);
/* Kills what commands have left behind; false when some of it is still there after that time. */
bool cgroup_end_all(int64_t within_ms);

#endif
