#include "http.h"

#include "util.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static long fill(struct http *h)
{
	if (h->buf_off < h->buf_len)
		return (long)(h->buf_len - h->buf_off);
	ssize_t n;
	do
		n = read(h->fd, h->buf, HTTP_HEAD);
	while (n < 0 && errno == EINTR);
	h->buf_off = 0;
	h->buf_len = n > 0 ? (size_t)n : 0;
	return n;
}

static int refuse(struct http *h, int status, const char *why)
{
	h->error = why;
	return status;
}

static bool is_token(const char *s)
{
	if (!*s)
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("!#$%&'*+-.^_`|~", *s))
			return false;
	return true;
}

static int request_line(struct http *h, char *line)
{
	char *target = strchr(line, ' ');
	char *version = target ? strchr(target + 1, ' ') : NULL;
	if (!version)
		return refuse(h, 400, "request line without method, target and version");
	*target++ = 0;
	*version++ = 0;
	if (strcmp(version, "HTTP/1.1"))
		return refuse(h, 505, "not HTTP/1.1");
	if (!is_token(line) || strlen(line) >= sizeof h->method)
		return refuse(h, 400, "bad method");
	strcpy(h->method, line);
	if (*target != '/')
		return refuse(h, 400, "target is no path");
	for (char *p = target; *p; p++)
		if (*p <= ' ' || *p > '~')
			return refuse(h, 400, "target with bytes that must be percent-encoded");
	h->path = target;
	h->query = strchr(target, '?');
	if (h->query)
		*h->query++ = 0;
	return 0;
}

static int header_line(struct http *h, char *line)
{
	char *value = strchr(line, ':');
	if (!value)
		return refuse(h, 400, "header line without a colon");
	*value++ = 0;
	if (!is_token(line))
		return refuse(h, 400, "bad header name");
	while (*value == ' ' || *value == '\t')
		value++;
	for (char *end = value + strlen(value); end > value && strchr(" \t", end[-1]);)
		*--end = 0;
	for (char *p = value; *p; p++)
		if ((unsigned char)*p < ' ' && *p != '\t')
			return refuse(h, 400, "control byte in a header");
	bool length = !strcasecmp(line, "content-length");
	bool encoding = !strcasecmp(line, "transfer-encoding");
	if (!length && !encoding)
		return 0;
	if (h->has_body)
		return refuse(h, 400, "more than one length for the body");
	h->has_body = true;
	if (length && !parse_u64(value, INT64_MAX, &h->left))
		return refuse(h, 400, "bad Content-Length");
	if (encoding && strcasecmp(value, "chunked"))
		return refuse(h, 501, "unknown Transfer-Encoding");
	h->chunked = encoding;
	return 0;
}

int http_read_request(struct http *h, int fd)
{
	memset(h, 0, offsetof(struct http, buf));
	h->fd = fd;
	size_t len = 0, line = 0, lines = 0;
	for (;;) {
		long n = fill(h);
		if (n <= 0)
			return len ? refuse(h, 400, "request ended early") : -1;
		char c = h->buf[h->buf_off++];
		if (len == HTTP_HEAD)
			return refuse(h, 431, "request line and headers above 16 KiB");
		if (c == 0)
			return refuse(h, 400, "NUL byte in the head");
		h->head[len++] = c;
		if (c != '\n')
			continue;
		if (len < 2 || h->head[len - 2] != '\r')
			return refuse(h, 400, "line that does not end with CR LF");
		h->head[len - 2] = 0;
		char *text = h->head + line;
		if (strchr(text, '\r'))
			return refuse(h, 400, "CR inside a line");
		line = len;
		int status = 0;
		if (lines == 0)
			status = request_line(h, text);
		else if (!*text)
			break;
		else if (lines > HTTP_HEADERS)
			status = refuse(h, 431, "more than 64 headers");
		else
			status = header_line(h, text);
		lines++;
		if (status)
			return status;
	}
	h->done = !h->chunked && h->left == 0;
	return 0;
}

static long body_error(struct http *h, const char *why)
{
	h->bad = true;
	h->error = why;
	return -1;
}

/* A line inside a chunked body, without its CR LF. */
static bool chunk_line(struct http *h, char line[HTTP_CHUNK_LINE + 1])
{
	size_t n = 0;
	for (;;) {
		if (fill(h) <= 0)
			return false;
		char c = h->buf[h->buf_off++];
		if (c == '\n')
			break;
		if (n == HTTP_CHUNK_LINE || c == 0)
			return false;
		line[n++] = c;
	}
	if (n == 0 || line[n - 1] != '\r')
		return false;
	line[n - 1] = 0;
	return true;
}

static bool next_chunk(struct http *h)
{
	char line[HTTP_CHUNK_LINE + 1];
	if (h->chunk_open && (!chunk_line(h, line) || *line))
		return false;
	if (!chunk_line(h, line))
		return false;
	size_t n = strspn(line, "0123456789abcdefABCDEF");
	if (n == 0 || n > 15 || (line[n] && line[n] != ';'))
		return false;
	line[n] = 0;
	h->left = strtoull(line, NULL, 16);
	h->chunk_open = true;
	if (h->left)
		return true;
	/* Trailers: read and dropped, as many as there may be headers. */
	for (int i = 0; i <= HTTP_HEADERS; i++) {
		if (!chunk_line(h, line))
			return false;
		if (!*line) {
			h->done = true;
			return true;
		}
	}
	return false;
}

long http_body(struct http *h, void *data, size_t max)
{
	if (h->bad)
		return -1;
	if (!h->done && h->chunked && h->left == 0 && !next_chunk(h))
		return body_error(h, "chunked body malformed or ended early");
	if (h->done)
		return 0;
	long n = fill(h);
	if (n <= 0)
		return body_error(h, "body ended early");
	size_t take = (size_t)n < max ? (size_t)n : max;
	if (take > h->left)
		take = (size_t)h->left;
	memcpy(data, h->buf + h->buf_off, take);
	h->buf_off += take;
	h->left -= take;
	if (!h->chunked && h->left == 0)
		h->done = true;
	return (long)take;
}

char *http_param(const struct http *h, const char *name)
{
	size_t len = strlen(name);
	for (const char *p = h->query; p && *p;) {
		const char *end = strchrnul(p, '&');
		if (!strncmp(p, name, len) && p[len] == '=') {
			char *value = strndup(p + len + 1, (size_t)(end - p) - len - 1);
			if (value && !percent_decode(value)) {
				free(value);
				value = NULL;
			}
			return value;
		}
		p = *end ? end + 1 : NULL;
	}
	return NULL;
}

size_t http_rest(struct http *h, const char **data)
{
	*data = h->buf + h->buf_off;
	size_t n = h->buf_len - h->buf_off;
	h->buf_off = h->buf_len;
	return n;
}
