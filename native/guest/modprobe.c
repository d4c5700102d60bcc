#include "modprobe.h"

#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#ifndef MODULE_INIT_COMPRESSED_FILE
#define MODULE_INIT_COMPRESSED_FILE 4
#endif

enum { MODULE_NAME = 256, TABLE_MAX = 64 * 1024 * 1024 };

/* A module's name has no '-', its file's may; a directory and what follows ".ko" are not part of it. */
static void name_of(const char *path, char out[MODULE_NAME])
{
	const char *slash = strrchr(path, '/');
	size_t n = 0;
	for (const char *p = slash ? slash + 1 : path; *p && n + 1 < MODULE_NAME && strncmp(p, ".ko", 3); p++)
		out[n++] = *p == '-' ? '_' : *p;
	out[n] = 0;
}

static bool add_once(struct buf *files, const char *path)
{
	for (const char *p = files->p; p && p < files->p + files->len; p += strlen(p) + 1)
		if (!strcmp(p, path))
			return true;
	return buf_add(files, path, strlen(path) + 1);
}

/* "FILE: NEEDED NEEDED …", what is needed first last. */
static bool add_line(char *file, char *needed, struct buf *files)
{
	char *end = needed + strlen(needed);
	while (end > needed) {
		char *start = end;
		while (start > needed && start[-1] != ' ')
			start--;
		if (start < end && !add_once(files, start))
			return false;
		end = start > needed ? start - 1 : needed;
		*end = 0;
	}
	return add_once(files, file);
}

/* The module of exactly this name. */
static bool by_name(int dir, const char *name, struct buf *files)
{
	char wanted[MODULE_NAME], have[MODULE_NAME], *save = NULL;
	char *text = read_file_at(dir, "modules.dep", TABLE_MAX, NULL);
	bool ok = true;
	name_of(name, wanted);
	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line && ok; line = strtok_r(NULL, "\n", &save)) {
		char *needed = strchr(line, ':');
		if (!needed)
			continue;
		*needed++ = 0;
		name_of(line, have);
		if (!strcmp(have, wanted))
			ok = add_line(line, needed + strspn(needed, " "), files);
	}
	free(text);
	return ok;
}

bool modprobe_files(int dir, const char *name, struct buf *files)
{
	char *save = NULL;
	bool ok = by_name(dir, name, files);
	if (!ok || files->len)
		return ok;
	char *text = read_file_at(dir, "modules.alias", TABLE_MAX, NULL);
	for (char *line = text ? strtok_r(text, "\n", &save) : NULL; line && ok; line = strtok_r(NULL, "\n", &save)) {
		char *module = strrchr(line, ' ');
		if (!module || strncmp(line, "alias ", 6) || module < line + 6)
			continue;
		*module++ = 0;
		if (!fnmatch(line + 6, name, 0))
			ok = by_name(dir, module, files);
	}
	free(text);
	return ok;
}

static bool load(int dir, const char *path)
{
	size_t n = strlen(path);
	bool packed = n < 3 || strcmp(path + n - 3, ".ko");
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	bool ok = fd >= 0 && (syscall(SYS_finit_module, fd, "", packed ? MODULE_INIT_COMPRESSED_FILE : 0) == 0 ||
			      errno == EEXIST);
	if (!ok)
		log_line("module %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return ok;
}

int modprobe_main(int argc, char **argv)
{
	struct utsname u;
	struct buf files = { 0 };
	char path[300];
	const char *name = NULL;
	for (int i = 1; i < argc && !name; i++)
		if (argv[i][0] != '-')
			name = argv[i];
	if (!name || uname(&u) < 0)
		return 1;
	snprintf(path, sizeof path, "/lib/modules/%s", u.release);
	int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	log_to_kernel();
	bool ok = dir >= 0 && modprobe_files(dir, name, &files) && files.len;
	for (const char *p = files.p; ok && p < files.p + files.len; p += strlen(p) + 1)
		ok = load(dir, p);
	return !ok;
}

/* This program as it runs, whose file the image cannot reach. */
static bool copy_self(void)
{
	struct stat st;
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int to = open(MODPROBE, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0700);
	off_t done = 0;
	bool ok = from >= 0 && to >= 0 && fstat(from, &st) == 0;
	while (ok && done < st.st_size)
		ok = sendfile(to, from, &done, (size_t)(st.st_size - done)) > 0;
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	return ok;
}

void modprobe_install(void)
{
	static const char *const places[] = { "/sbin/modprobe", "/usr/sbin/modprobe", "/bin/modprobe", "/usr/bin/modprobe" };
	struct stat st;
	for (size_t i = 0; i < countof(places); i++)
		if (stat(places[i], &st) == 0)
			return;
	if (stat("/lib/modules", &st) < 0)
		return;
	if (!copy_self() || !write_file("/proc/sys/kernel/modprobe", MODPROBE))
		log_line("%s: %s", MODPROBE, strerror(errno));
}
