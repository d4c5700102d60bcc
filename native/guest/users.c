#include "users.h"

#include "inroot.h"
#include "util.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX (8 * 1024 * 1024)

static char *read_below(int root, const char *path)
{
	char self[64];
	int fd = inroot_open(root, path, O_RDONLY | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	char *text = read_file_at(AT_FDCWD, self, FILE_MAX, NULL);
	close(fd);
	return text;
}

/* Cuts a line at its colons; returns how many fields there are. */
static int split(char *line, char **field, int max)
{
	int n = 0;
	while (n < max) {
		field[n++] = line;
		line = strchr(line, ':');
		if (!line)
			break;
		*line++ = 0;
	}
	return n;
}

static void copy(char *out, size_t size, const char *text)
{
	snprintf(out, size, "%s", text);
}

static bool find_passwd(int root, const char *who, bool number, uint64_t uid, struct user *u)
{
	char *text = read_below(root, "etc/passwd"), *save = NULL;
	bool found = false;
	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line && !found;
	     line = strtok_r(NULL, "\n", &save)) {
		char *f[7];
		uint64_t u_id, g_id;
		if (split(line, f, 7) < 7 || !parse_u64(f[2], UINT32_MAX - 1, &u_id) ||
		    !parse_u64(f[3], UINT32_MAX - 1, &g_id))
			continue;
		if (strcmp(f[0], who) && !(number && u_id == uid))
			continue;
		found = true;
		u->uid = (uid_t)u_id;
		u->gid = (gid_t)g_id;
		copy(u->name, sizeof u->name, f[0]);
		copy(u->home, sizeof u->home, f[5]);
		if (*f[6])
			copy(u->shell, sizeof u->shell, f[6]);
	}
	free(text);
	return found;
}

static bool lists(const char *members, const char *name)
{
	size_t len = strlen(name);
	for (const char *p = members; *p;) {
		size_t n = strcspn(p, ",");
		if (n == len && !strncmp(p, name, n))
			return true;
		p += n + (p[n] == ',');
	}
	return false;
}

static void find_groups(int root, struct user *u)
{
	char *text = read_below(root, "etc/group"), *save = NULL;
	u->groups[u->group_count++] = u->gid;
	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		char *f[4];
		uint64_t gid;
		if (split(line, f, 4) < 4 || !parse_u64(f[2], UINT32_MAX - 1, &gid) ||
		    gid == u->gid || !lists(f[3], u->name) || u->group_count == USER_GROUPS)
			continue;
		u->groups[u->group_count++] = (gid_t)gid;
	}
	free(text);
}

bool users_find(int root, const char *who, struct user *u)
{
	uint64_t uid = 0;
	memset(u, 0, sizeof *u);
	copy(u->home, sizeof u->home, "/");
	copy(u->shell, sizeof u->shell, "/bin/sh");
	bool number = parse_u64(who, UINT32_MAX - 1, &uid);
	if (!find_passwd(root, who, number, uid, u)) {
		bool is_root = !strcmp(who, "root") || (number && uid == 0);
		if (!number && !is_root)
			return false;
		u->uid = (uid_t)uid;
		u->gid = (gid_t)uid;
		copy(u->name, sizeof u->name, is_root ? "root" : who);
		if (is_root)
			copy(u->home, sizeof u->home, "/root");
	}
	find_groups(root, u);
	return true;
}
