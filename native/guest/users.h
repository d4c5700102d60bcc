/* /etc/passwd and /etc/group, read by ourselves: a static program has no name service. */
#ifndef BANGER_USERS_H
#define BANGER_USERS_H

#include <stdbool.h>
#include <sys/types.h>

enum { USER_GROUPS = 128 };

struct user {
	char name[64], home[256], shell[256];
	uid_t uid;
	gid_t gid;
	gid_t groups[USER_GROUPS];
	int group_count;
};

/* By name or by number; a number that no line has is a user without name or groups. root always
   exists. `root` is the directory that /etc is below. */
bool users_find(int root, const char *who, struct user *u);

#endif
