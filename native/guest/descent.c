#include "descent.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

void descent_start(struct descent *d, int top)
{
	d->top = top;
	d->depth = 0;
	d->stopped = 0;
}

static void up_to(struct descent *d, unsigned depth)
{
	while (d->depth > depth)
		close(d->step[--d->depth].fd);
}

void descent_forget(struct descent *d)
{
	up_to(d, 0);
}

/* How many of the open directories lead to path's directory as well. */
static unsigned shared(const struct descent *d, const char *path, size_t len)
{
	unsigned n = 0;
	size_t same = 0;
	for (; n < d->depth; n++) {
		size_t end = d->step[n].end;
		if (end > len || memcmp(d->path + same, path + same, end - same) ||
		    (end < len && path[end] != '/'))
			break;
		same = end;
	}
	return n;
}

int descent_dir(struct descent *d, const char *path, size_t len, bool make)
{
	char name[256];
	if (d->top < 0) {
		d->stopped = 0;
		errno = ENOENT;
		return -1;
	}
	up_to(d, shared(d, path, len));
	for (;;) {
		int at = d->depth ? d->step[d->depth - 1].fd : d->top;
		size_t from = d->depth ? d->step[d->depth - 1].end + 1u : 0;
		if (from >= len)
			return at;
		const char *slash = memchr(path + from, '/', len - from);
		size_t n = (slash ? (size_t)(slash - path) : len) - from;
		if (n >= sizeof name || d->depth == DESCENT_STEPS) {
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(name, path + from, n);
		name[n] = 0;
		int fd = openat(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 && errno == ENOENT && make && mkdirat(at, name, 0755) == 0)
			fd = openat(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		d->stopped = from + n;
		if (fd < 0)
			return -1;
		memcpy(d->path + from, name, n);
		d->path[from + n] = '/';
		d->step[d->depth].fd = fd;
		d->step[d->depth++].end = (uint16_t)(from + n);
	}
}

int descent_parent(struct descent *d, const char *path, size_t len, bool make, const char **name)
{
	const char *slash = memrchr(path, '/', len);
	*name = slash ? slash + 1 : path;
	return descent_dir(d, path, slash ? (size_t)(slash - path) : 0, make);
}

void descent_limits(void)
{
	struct rlimit r;
	if (getrlimit(RLIMIT_NOFILE, &r) < 0)
		return;
	rlim_t want = 2 * DESCENT_STEPS;
	if (geteuid() == 0 && r.rlim_max < want)
		r.rlim_max = want;
	r.rlim_cur = r.rlim_max < want ? r.rlim_max : want;
	setrlimit(RLIMIT_NOFILE, &r);
}
