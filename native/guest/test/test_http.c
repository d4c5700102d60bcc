#include "test.h"

#include "../http.h"
#include "../util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct http h;
static int peer = -1;

/* Parses text as it would come in, in pieces of at most `piece` bytes. */
static int parse(const char *text, size_t len, size_t piece)
{
	int ends[2], size = 1 << 20;
	if (peer >= 0)
		close(peer);
	peer = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -2;
	setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	/* A packet socket keeps the pieces apart. */
	for (size_t at = 0; at < len; at += piece)
		if (send(ends[1], text + at, len - at < piece ? len - at : piece, MSG_DONTWAIT) < 0)
			return -3;
	close(ends[1]);
	peer = ends[0];
	return http_read_request(&h, ends[0]);
}

static int parse_text(const char *text)
{
	return parse(text, strlen(text), 4096);
}

static char *body(void)
{
	static char text[100000];
	size_t n = 0;
	long got;
	while ((got = http_body(&h, text + n, sizeof text - 1 - n)) > 0)
		n += (size_t)got;
	text[n] = 0;
	return got < 0 ? NULL : text;
}

static void plain(void)
{
	CHECK(parse_text("GET /files?path=%2Froot%2Fa%20b&x=1 HTTP/1.1\r\nHost: g\r\n\r\n") == 0);
	CHECK_TEXT(h.method, "GET");
	CHECK_TEXT(h.path, "/files");
	char *p = http_param(&h, "path"), *x = http_param(&h, "x");
	CHECK(p && !strcmp(p, "/root/a b") && x && !strcmp(x, "1"));
	free(p);
	free(x);
	CHECK(!http_param(&h, "pat") && !http_param(&h, "y"));
	CHECK_TEXT(body(), "");
}

static void every_split(void)
{
	static const char fixed[] = "POST /x HTTP/1.1\r\nContent-Length: 11\r\nA: b\r\n\r\nhello world";
	static const char chunks[] = "POST /x HTTP/1.1\r\ntransfer-encoding:  Chunked \r\n\r\n"
				     "5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\nTrailer: x\r\n\r\n";
	for (size_t piece = 1; piece < 60; piece++) {
		CHECK(parse(fixed, sizeof fixed - 1, piece) == 0);
		CHECK_TEXT(body(), "hello world");
		CHECK(parse(chunks, sizeof chunks - 1, piece) == 0);
		CHECK_TEXT(body(), "hello world");
		CHECK(h.done);
	}
}

static void truncated(void)
{
	static const char text[] = "POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
	for (size_t n = 0; n < sizeof text - 1; n++) {
		int status = parse(text, n, 7);
		if (n == 0)
			CHECK(status == -1);
		else if (n < 50)
			CHECK(status == 400 || (status == 0 && !body()));
		else
			CHECK(status == 0 && !body());
	}
	CHECK(parse_text("POST /x HTTP/1.1\r\nContent-Length: 5\r\n\r\nhell") == 0 && !body() && h.bad);
}

static void refused(void)
{
	static const struct { const char *text; int status; } bad[] = {
		{ "GET / HTTP/1.0\r\n\r\n", 505 }, { "GET /\r\n\r\n", 400 }, { "GET  / HTTP/1.1\r\n\r\n", 505 },
		{ "G\x01T / HTTP/1.1\r\n\r\n", 400 }, { "GET x HTTP/1.1\r\n\r\n", 400 },
		{ "GET /\x80 HTTP/1.1\r\n\r\n", 400 }, { "GET / HTTP/1.1\nA: b\n\n", 400 },
		{ "GET / HTTP/1.1\r\nA b\r\n\r\n", 400 }, { "GET / HTTP/1.1\r\nA : b\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nA: b\rc\r\n\r\n", 400 }, { "GET / HTTP/1.1\r\nA: \x01\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400 },
		{ "GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501 },
		{ "VERYLONGMETHODNAME / HTTP/1.1\r\n\r\n", 400 },
	};
	for (size_t i = 0; i < countof(bad); i++) {
		int status = parse_text(bad[i].text);
		if (status != bad[i].status)
			test_fail(__FILE__, __LINE__, "case %zu: %d", i, status);
	}
	CHECK(parse("GET /\0 HTTP/1.1\r\n\r\n", 19, 19) == 400);
}

static void limits(void)
{
	static char text[40000];
	size_t n = (size_t)sprintf(text, "GET / HTTP/1.1\r\n");
	for (int i = 0; i < 64; i++)
		n += (size_t)sprintf(text + n, "H%d: x\r\n", i);
	strcpy(text + n, "\r\n");
	CHECK(parse_text(text) == 0);
	strcpy(text + n, "More: x\r\n\r\n");
	CHECK(parse_text(text) == 431);
	n = (size_t)sprintf(text, "GET / HTTP/1.1\r\nA: ");
	memset(text + n, 'a', sizeof text - n);
	strcpy(text + HTTP_HEAD - 4, "\r\n\r\n");
	CHECK(parse_text(text) == 0);
	memset(text + HTTP_HEAD - 4, 'a', 4);
	strcpy(text + HTTP_HEAD - 3, "\r\n\r\n");
	CHECK(parse_text(text) == 431);
}

static void bad_chunks(void)
{
	static const char *const bad[] = {
		"\r\nhello\r\n0\r\n\r\n", "g\r\nhello\r\n0\r\n\r\n", "5\nhello\r\n0\r\n\r\n", "5\r\nhelloX\r\n0\r\n\r\n",
		"5\r\nhello0\r\n\r\n", "1000000000000000\r\nhello", "-5\r\nhello\r\n0\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n",
		"5;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nhello\r\n0\r\n\r\n",
	};
	char text[400];
	for (size_t i = 0; i < countof(bad); i++) {
		snprintf(text, sizeof text, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n%s", bad[i]);
		CHECK(parse_text(text) == 0);
		if (body())
			test_fail(__FILE__, __LINE__, "case %zu accepted", i);
		/* Once bad, always bad. */
		CHECK(!body());
	}
}

static void rest_behind_the_body(void)
{
	const char *rest;
	CHECK(parse_text("POST /exec HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcframes") == 0);
	CHECK_TEXT(body(), "abc");
	CHECK(http_rest(&h, &rest) == 6 && !memcmp(rest, "frames", 6));
	CHECK(http_rest(&h, &rest) == 0);
}

const struct test http_tests[] = {
	{ "http: plain request", plain }, { "http: every split", every_split },
	{ "http: every truncation", truncated }, { "http: refused heads", refused },
	{ "http: limits", limits }, { "http: bad chunks", bad_chunks },
	{ "http: what follows the body", rest_behind_the_body }, { NULL, NULL },
};
