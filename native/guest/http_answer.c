#include "http.h"

#include "util.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *reason(int status)
{
	switch (status) {
	case 200: return "OK";
	case 400: return "Bad Request";
	case 404: return "Not Found";
	case 405: return "Method Not Allowed";
	case 409: return "Conflict";
	case 413: return "Content Too Large";
	case 431: return "Request Header Fields Too Large";
	case 500: return "Internal Server Error";
	case 501: return "Not Implemented";
	case 502: return "Bad Gateway";
	case 503: return "Service Unavailable";
	case 505: return "HTTP Version Not Supported";
	case 507: return "Insufficient Storage";
	default: return "Status";
	}
}

bool http_answer(int fd, int status, const char *body, size_t len)
{
	char head[256];
	int n = snprintf(head, sizeof head,
			 "HTTP/1.1 %d %s\r\nContent-Type: text/plain; charset=utf-8\r\n"
			 "Content-Length: %zu\r\nConnection: close\r\n\r\n",
			 status, reason(status), len);
	return write_all(fd, head, (size_t)n) && write_all(fd, body, len);
}

bool http_error(int fd, int status, const char *fmt, ...)
{
	char text[990], clean[1000];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	printable(clean, sizeof clean - 1, text);
	strcat(clean, "\n");
	return http_answer(fd, status, clean, strlen(clean));
}

size_t http_switch_head(char head[HTTP_SWITCH_HEAD], const char *protocol)
{
	int n = snprintf(head, HTTP_SWITCH_HEAD,
			 "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
			 "Upgrade: %s\r\n\r\n", protocol);
	return (size_t)n;
}

bool http_switch(int fd, const char *protocol)
{
	char head[HTTP_SWITCH_HEAD];
	return write_all(fd, head, http_switch_head(head, protocol));
}

bool http_start_chunked(int fd, const char *type)
{
	char head[200];
	int n = snprintf(head, sizeof head,
			 "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n"
			 "Connection: close\r\n\r\n", type);
	return write_all(fd, head, (size_t)n);
}

bool http_chunk(int fd, const void *data, size_t len)
{
	char line[32];
	int n = snprintf(line, sizeof line, "%zx\r\n", len);
	return write_all(fd, line, (size_t)n) && write_all(fd, data, len) &&
	       write_all(fd, "\r\n", 2);
}
