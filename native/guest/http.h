/* One HTTP/1.1 request and its answer on a blocking descriptor. */
#ifndef BANGER_HTTP_H
#define BANGER_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HTTP_HEAD = 16384, HTTP_HEADERS = 64, HTTP_CHUNK_LINE = 64 };

struct http {
	int fd;
	char method[16];
	char *path;       /* without the query, not decoded */
	char *query;      /* behind the '?', or NULL */
	bool has_body, chunked;
	uint64_t left;    /* of the body, or of the chunk */
	bool chunk_open;  /* in a chunk, or behind its data */
	bool done;        /* the body is read */
	bool bad;         /* the body broke the rules or ended early */
	const char *error;
	size_t buf_off, buf_len;
	char buf[HTTP_HEAD + 1];
	char head[HTTP_HEAD + 1];
};

/* Reads request line and headers: 0, else the status to answer with (h->error says why), or -1 when
   the other side is gone. */
int http_read_request(struct http *h, int fd);
/* Next bytes of the body: 0 at its end, -1 when it is malformed or ended early (h->error). */
long http_body(struct http *h, void *data, size_t max);
/* The value of a query parameter, percent-decoded, in memory of its own; NULL when absent or bad. */
char *http_param(const struct http *h, const char *name);
/* Whatever of the body came with the head and was not read: for a request that switches protocols. */
size_t http_rest(struct http *h, const char **data);

bool http_answer(int fd, int status, const char *body, size_t len);
/* A one-line text: the fact. */
bool http_error(int fd, int status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
enum { HTTP_SWITCH_HEAD = 160 };
/* The head of that answer alone; its length. */
size_t http_switch_head(char head[HTTP_SWITCH_HEAD], const char *protocol);
bool http_switch(int fd, const char *protocol);
bool http_start_chunked(int fd, const char *type);
bool http_chunk(int fd, const void *data, size_t len);

#endif
