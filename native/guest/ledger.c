#include "ledger.h"

#include "bigendian.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#define PLACE "banger/workspaces"

static const size_t file_max = 768u * 1024 * 1024;

static void read_boot(char boot[LEDGER_BOOT])
{
	size_t len = 0;
	char *text = read_file_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 64, &len);
	memset(boot, 0, LEDGER_BOOT);
	if (text && len >= LEDGER_BOOT - 1)
		memcpy(boot, text, LEDGER_BOOT - 1);
	free(text);
}

static void on_alarm(int number)
{
	(void)number;
}

/* Waits at most a second. The timer repeats, so that one that comes too early is not the last. */
static bool lock(int fd)
{
	struct sigaction act = { .sa_handler = on_alarm }, before;
	struct itimerval second = { { 0, 100000 }, { 1, 0 } }, none = { 0 };
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	sigaction(SIGALRM, &act, &before);
	setitimer(ITIMER_REAL, &second, NULL);
	bool ok = flock(fd, LOCK_EX) == 0;
	int err = errno;
	setitimer(ITIMER_REAL, &none, NULL);
	sigaction(SIGALRM, &before, NULL);
	errno = err;
	return ok;
}

enum ledger_open ledger_open(struct ledger *l, int disk, const char *path, bool make)
{
	struct digest d;
	uint8_t sum[SHA256_LEN];
	char name[sizeof PLACE + 1 + 2 * SHA256_LEN + 1] = PLACE "/";
	digest_start(&d, true);
	digest_add(&d, path, strlen(path));
	digest_end(&d, sum);
	hex_encode(sum, sizeof sum, name + sizeof PLACE);
	l->lock = -1;
	read_boot(l->boot);
	if (make) {
		mkdirat(disk, "banger", 0700);
		mkdirat(disk, PLACE, 0700);
		mkdirat(disk, name, 0700);
	}
	l->dir = openat(disk, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (l->dir < 0)
		return !make && errno == ENOENT ? LEDGER_ABSENT : LEDGER_FAILED;
	l->lock = openat(l->dir, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (l->lock >= 0 && lock(l->lock))
		return LEDGER_OPEN;
	return l->lock >= 0 && errno == EINTR ? LEDGER_BUSY : LEDGER_FAILED;
}

void ledger_unlock(struct ledger *l)
{
	if (l->lock >= 0)
		close(l->lock);
	l->lock = -1;
}

void ledger_close(struct ledger *l)
{
	ledger_unlock(l);
	if (l->dir >= 0)
		close(l->dir);
	l->dir = -1;
}

/* A link's text cut at the blank: tag and, behind it, the boot. */
static bool read_mark(int dir, const char *name, char tag[LEDGER_TAG], char boot[LEDGER_BOOT])
{
	char text[LEDGER_TAG + LEDGER_BOOT + 1];
	ssize_t n = readlinkat(dir, name, text, sizeof text - 1);
	if (n < LEDGER_TAG - 1)
		return false;
	text[n] = 0;
	memcpy(tag, text, LEDGER_TAG - 1);
	tag[LEDGER_TAG - 1] = 0;
	if (boot) {
		memset(boot, 0, LEDGER_BOOT);
		if (n == LEDGER_TAG + LEDGER_BOOT - 1)
			memcpy(boot, text + LEDGER_TAG, LEDGER_BOOT - 1);
	}
	return true;
}

static bool write_mark(int dir, const char *name, const char *text)
{
	char temp[32];
	snprintf(temp, sizeof temp, "%s~", name);
	unlinkat(dir, temp, 0);
	return symlinkat(text, dir, temp) == 0 && renameat(dir, temp, dir, name) == 0;
}

static bool settled(const struct ledger *l, char tag[LEDGER_TAG])
{
	char synced[LEDGER_TAG], boot[LEDGER_BOOT];
	if (!read_mark(l->dir, "committed", tag, boot))
		return false;
	return (*l->boot && !strcmp(boot, l->boot)) ||
	       (read_mark(l->dir, "synced", synced, NULL) && !strcmp(synced, tag));
}

static bool read_manifest(int dir, const char *name, struct manifest *m)
{
	size_t len;
	char *data = read_file_at(dir, name, file_max, &len);
	bool ok = data && manifest_decode(m, (uint8_t *)data, len);
	free(data);
	if (!ok)
		manifest_free(m);
	return ok;
}

/* The name of the first file here that begins so. */
static bool find(int dir, const char *start, char name[64])
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	bool found = false;
	for (struct dirent *e; d && !found && (e = readdir(d));)
		if (!strncmp(e->d_name, start, strlen(start)) && strlen(e->d_name) < 64) {
			strcpy(name, e->d_name);
			found = true;
		}
	if (d)
		closedir(d);
	return found;
}

enum ledger_state ledger_read(const struct ledger *l, struct manifest *m)
{
	char tag[LEDGER_TAG], name[64];
	memset(m, 0, sizeof *m);
	if (l->dir < 0)
		return LEDGER_NONE;
	bool whole = settled(l, tag);
	bool there = read_manifest(l->dir, "manifest", m);
	if (whole)
		return there ? LEDGER_COMPLETE : LEDGER_INCOMPLETE;
	/* The newest that came to the disk whole. */
	if (!there && find(l->dir, "before.", name))
		there = read_manifest(l->dir, name, m);
	return there || find(l->dir, "pending.", name) ? LEDGER_INCOMPLETE : LEDGER_NONE;
}

bool ledger_pending(const struct ledger *l, struct entries *pending, bool *git)
{
	char name[64];
	struct manifest m = { 0 };
	if (l->dir < 0 || !find(l->dir, "pending.", name) || !read_manifest(l->dir, name, &m))
		return false;
	*pending = m.files;
	*git = m.git_known;
	buf_free(&m.git_names);
	return true;
}

static bool write_whole(const struct ledger *l, const char *name, const struct manifest *m, bool sync)
{
	struct buf b = { 0 };
	bool ok = manifest_encode(m, &b);
	int fd = ok ? openat(l->dir, "writing", O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600) : -1;
	ok = fd >= 0 && write_all(fd, b.p, b.len) && (!sync || l->fast || fsync(fd) == 0);
	int err = ok ? 0 : errno;
	if (fd >= 0)
		close(fd);
	buf_free(&b);
	if (ok && renameat(l->dir, "writing", l->dir, name) == 0)
		return true;
	errno = err ? err : errno;
	return false;
}

/* Removes what begins so and is of another delivery than this one. */
static void sweep(const struct ledger *l, const char *start)
{
	int fd = openat(l->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	size_t n = strlen(start);
	for (struct dirent *e; d && (e = readdir(d));)
		if (!strncmp(e->d_name, start, n) && strcmp(e->d_name + n, l->tag))
			unlinkat(l->dir, e->d_name, 0);
	if (d)
		closedir(d);
}

bool ledger_begin(struct ledger *l, const struct entries *wanted, uint8_t flag, bool git, bool wait)
{
	struct manifest m = { .files.id_len = wanted->id_len, .git_known = git };
	uint8_t random[(LEDGER_TAG - 1) / 2];
	char name[64], tag[LEDGER_TAG], synced[LEDGER_TAG];
	bool ok = getrandom(random, sizeof random, 0) == sizeof random;
	/* The delivery before this one may not be on the disk yet. */
	if (wait && read_mark(l->dir, "committed", tag, NULL) && !l->fast &&
	    !(read_mark(l->dir, "synced", synced, NULL) && !strcmp(tag, synced)))
		sync();
	for (size_t i = 0; ok && i < wanted->count; i++) {
		const struct entry *e = &wanted->at[i];
		if (!(e->flags & flag))
			continue;
		struct entry *copy = entries_add(&m.files, entry_path(wanted, e), e->path_len);
		if (!copy) {
			errno = ENOMEM;
			ok = false;
			break;
		}
		uint32_t path = copy->path;
		*copy = *e;
		copy->path = path;
	}
	hex_encode(random, sizeof random, l->tag);
	snprintf(name, sizeof name, "pending.%s", l->tag);
	/* Before the first byte, also when the machine is cut off: so this one is waited for. */
	ok = ok && write_whole(l, name, &m, wait) &&
	     (unlinkat(l->dir, "committed", 0) == 0 || errno == ENOENT) &&
	     (l->fast || !wait || fsync(l->dir) == 0);
	manifest_free(&m);
	if (!ok)
		return false;
	sweep(l, "pending.");
	return true;
}

bool ledger_commit(struct ledger *l, const struct manifest *m)
{
	char name[64], text[LEDGER_TAG + LEDGER_BOOT];
	sweep(l, "before.");
	snprintf(name, sizeof name, "before.%s", l->tag);
	if (linkat(l->dir, "manifest", l->dir, name, 0) < 0 && errno != ENOENT && errno != EEXIST)
		return false;
	snprintf(text, sizeof text, "%s %s", l->tag, l->boot);
	return write_whole(l, "manifest", m, false) && write_mark(l->dir, "committed", text);
}

bool ledger_refresh(struct ledger *l, const struct manifest *m)
{
	/* Waited for: the one it replaces is all that tells the guest's work from what was delivered. */
	return write_whole(l, "manifest", m, true);
}

void ledger_sync_behind(const struct ledger *l, int top)
{
	char name[64];
	if (l->fast)
		return;
	pid_t pid = fork();
	if (pid)
		return;
	/* Neither the stream nor the lock may hang on this one. */
	int dir = fcntl(l->dir, F_DUPFD_CLOEXEC, 64), here = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int at = here < 0 ? -1 : fcntl(here, F_DUPFD_CLOEXEC, 64);
	for (int fd = 3; fd < 64; fd++)
		close(fd);
	if (dir >= 0 && at >= 0 && syncfs(at) == 0 && syncfs(dir) == 0) {
		write_mark(dir, "synced", l->tag);
		/* Else that mark is the last thing to get there, seconds later. */
		fsync(dir);
		snprintf(name, sizeof name, "pending.%s", l->tag);
		unlinkat(dir, name, 0);
		snprintf(name, sizeof name, "before.%s", l->tag);
		unlinkat(dir, name, 0);
	}
	_exit(0);
}

static int open_all(int disk, DIR **d)
{
	int fd = openat(disk, PLACE, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	*d = fd < 0 ? NULL : fdopendir(fd);
	return fd;
}

void ledger_all_collect(int disk, struct buf *tags)
{
	DIR *d;
	int at = open_all(disk, &d);
	for (struct dirent *e; d && (e = readdir(d));) {
		char tag[LEDGER_TAG], synced[LEDGER_TAG] = "";
		int dir = openat(at, e->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (dir >= 0 && e->d_name[0] != '.' && read_mark(dir, "committed", tag, NULL) &&
		    !(read_mark(dir, "synced", synced, NULL) && !strcmp(synced, tag))) {
			buf_add(tags, e->d_name, strlen(e->d_name) + 1);
			buf_add(tags, tag, sizeof tag);
		}
		if (dir >= 0)
			close(dir);
	}
	if (d)
		closedir(d);
}

void ledger_all_synced(int disk, const struct buf *tags)
{
	DIR *d;
	int at = open_all(disk, &d);
	for (const char *p = tags->p; d && p && p < tags->p + tags->len;) {
		const char *name = p, *tag = p + strlen(p) + 1;
		int dir = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (dir >= 0) {
			write_mark(dir, "synced", tag);
			close(dir);
		}
		p = tag + LEDGER_TAG;
	}
	if (d)
		closedir(d);
}
