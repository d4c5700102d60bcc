/* POST and GET /files: a tree into the guest, or out of it. */
#include "tar.h"
#include "util.h"
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static long read_body(void *ctx, void *data, size_t max)
{
	return http_body(ctx, data, max);
}

static int make_path(const char *path)
{
	char part[TAR_PATH];
	if (strlen(path) >= sizeof part) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (size_t n = 1; path[n];) {
		n += strcspn(path + n, "/");
		memcpy(part, path, n);
		part[n] = 0;
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			return -1;
		n += strspn(path + n, "/");
	}
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

void serve_files_in(struct worker *w, const char *path)
{
	char error[TAR_ERROR] = "";
	struct tar_source source = { read_body, &w->http };
	umask(022);
	int top = make_path(path);
	if (top < 0) {
		http_error(w->fd, 400, "%.300s: %s", path, strerror(errno));
		return;
	}
	int status = tar_extract(top, strspn(path, "/") == strlen(path), &source, error);
	close(top);
	if (status)
		http_error(w->fd, status, "%s", w->http.bad ? w->http.error : error);
	else
		http_answer(w->fd, 200, "", 0);
}

struct answer {
	int fd;
	bool begun;
};

static bool write_chunk(void *ctx, const void *data, size_t len)
{
	struct answer *a = ctx;
	if (!a->begun && !http_start_chunked(a->fd, "application/x-tar"))
		return false;
	a->begun = true;
	return http_chunk(a->fd, data, len);
}

void serve_files_out(struct worker *w, const char *path)
{
	char error[TAR_ERROR];
	struct answer a = { w->fd, false };
	struct tar_sink sink = { write_chunk, &a };
	struct rlimit files = { 2048, 4096 };
	struct stat st;
	/* One descriptor for each level of a deep tree. */
	setrlimit(RLIMIT_NOFILE, &files);
	if (stat(path, &st) < 0 || !(S_ISDIR(st.st_mode) || S_ISREG(st.st_mode))) {
		http_error(w->fd, 404, "no file or directory %.400s", path);
		return;
	}
	bool ok = tar_create(path, &sink, error);
	if (ok)
		/* The empty chunk: without it the host knows that something is missing. */
		write_all(w->fd, "0\r\n\r\n", 5);
	else if (!a.begun)
		http_error(w->fd, 500, "%s", error);
}
