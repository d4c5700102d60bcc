#include "blob.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* How much is hashed between two looks at the host. */
#define LOOK (4 * 1024 * 1024)

static void start(struct digest *d, bool sha256, uint64_t size)
{
	char head[32];
	int n = snprintf(head, sizeof head, "blob %llu", (unsigned long long)size);
	digest_start(d, sha256);
	digest_add(d, head, (size_t)n + 1);
}

static enum blob link_of(int dir, const char *name, bool sha256, struct stat *st, uint8_t *id)
{
	char target[4097];
	struct digest d;
	ssize_t n = readlinkat(dir, name, target, sizeof target);
	if (n < 0)
		return errno == ENOENT || errno == EINVAL ? BLOB_CHANGED : BLOB_ERROR;
	st->st_size = n;
	start(&d, sha256, (uint64_t)n);
	digest_add(&d, target, (size_t)n);
	digest_end(&d, id);
	return BLOB_DONE;
}

enum blob blob_of(int dir, const char *name, bool sha256, struct stat *st, uint8_t *id,
		  bool (*alive)(void *ctx), void *ctx)
{
	static uint8_t data[131072];
	struct digest d;
	struct stat after;
	uint64_t done = 0, looked = 0;
	ssize_t n;
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 && errno == ELOOP) {
		if (fstatat(dir, name, st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISLNK(st->st_mode))
			return BLOB_CHANGED;
		return link_of(dir, name, sha256, st, id);
	}
	if (fd < 0)
		return errno == ENOENT || errno == ENXIO || errno == ENOTDIR ? BLOB_GONE : BLOB_ERROR;
	if (fstat(fd, st) < 0 || !S_ISREG(st->st_mode)) {
		close(fd);
		return BLOB_GONE;
	}
	start(&d, sha256, (uint64_t)st->st_size);
	while ((n = read(fd, data, sizeof data)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || (done += (uint64_t)n) > (uint64_t)st->st_size)
			break;
		digest_add(&d, data, (size_t)n);
		looked += (uint64_t)n;
		if (looked >= LOOK && alive) {
			looked = 0;
			if (!alive(ctx)) {
				errno = ECONNRESET;
				n = -1;
				break;
			}
		}
	}
	int err = errno;
	digest_end(&d, id);
	bool same = fstat(fd, &after) == 0 && after.st_size == st->st_size && done == (uint64_t)st->st_size &&
		    after.st_ctim.tv_sec == st->st_ctim.tv_sec && after.st_ctim.tv_nsec == st->st_ctim.tv_nsec;
	close(fd);
	errno = err;
	return n < 0 ? BLOB_ERROR : same ? BLOB_DONE : BLOB_CHANGED;
}
