/* Random bytes, the same in every run, into every parser: the sanitizers are the judges. Half of the
   inputs are valid ones with a few bytes changed, which get further in. */
#include "test.h"

#include "../config.h"
#include "../control.h"
#include "../execspec.h"
#include "../frames.h"
#include "../http.h"
#include "../log.h"
#include "../mux.h"
#include "../ports.h"
#include "../tar.h"
#include "../util.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUDGET_MS 900

static uint8_t input[8192];

static size_t noise(size_t max)
{
	size_t n = test_random() % max;
	for (size_t i = 0; i < n; i++)
		input[i] = (uint8_t)test_random();
	return n;
}

/* A sample with some bytes changed, or cut, or noise. */
static size_t mutated(const void *sample, size_t len)
{
	if (test_random() % 8 == 0)
		return noise(sizeof input);
	memcpy(input, sample, len);
	for (unsigned k = test_random() % 6; k > 0; k--) {
		uint8_t values[] = { 0, 0xff, (uint8_t)test_random(), '0', '9', '/', '\n', ' ' };
		input[test_random() % len] = values[test_random() % sizeof values];
	}
	return test_random() % 4 ? len : test_random() % len;
}

/* A copy of exactly this size, so that a read past the end is seen. */
static char *exact(size_t n)
{
	char *p = malloc(n + 1);
	memcpy(p, input, n);
	p[n] = 0;
	return realloc(p, n ? n : 1);
}

static void on_line(void *ctx, char *text, bool start)
{
	(void)ctx;
	if (strlen(text) >= CONTROL_LINE || (start && strchr(text, '\n')))
		test_fail(__FILE__, __LINE__, "line of %zu bytes", strlen(text));
}

static void control_bytes(void)
{
	static struct control c;
	static const char sample[] = "\0host 00112233445566778899aabbccddeeff 1\nping abc\nresumed 1 rekey 5 00\n";
	memset(&c, 0, sizeof c);
	c.fd = -1;
	c.on_line = on_line;
	for (int64_t until = now_ms() + BUDGET_MS; now_ms() < until;)
		for (int i = 0; i < 100; i++)
			control_feed(&c, (char *)input, mutated(sample, sizeof sample - 1));
}

static int held[MUX_STREAMS + 8];
static unsigned held_count;

static int open_stream(void *ctx, uint32_t id)
{
	int ends[2];
	(void)ctx, (void)id;
	if (held_count == countof(held) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
		return -1;
	held[held_count++] = ends[1];
	return ends[0];
}

static void on_begin(void *ctx, const uint8_t nonce[MUX_NONCE])
{
	(void)ctx, (void)nonce;
}

static void mux_bytes(void)
{
	static struct mux m;
	struct loop loop;
	uint8_t nonce[MUX_NONCE] = "0123456789abcdef", sink[65536];
	loop_init(&loop);
	log_to(-1);
	for (int64_t until = now_ms() + 2 * BUDGET_MS; now_ms() < until;) {
		int ends[2];
		mux_init(&m, &loop);
		m.open_stream = open_stream;
		m.on_begin = on_begin;
		CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
		CHECK(mux_attach(&m, ends[0]));
		mux_begin(&m, nonce);
		size_t n = noise(40);
		send(ends[1], input, n, MSG_DONTWAIT);
		send(ends[1], nonce, sizeof nonce, MSG_DONTWAIT);
		for (int i = 0; i < 60; i++) {
			/* Mostly frames that are right, or nearly. */
			size_t len = test_random() % 3 ? test_random() % 9 : test_random() % 2000;
			unsigned type = test_random() % 40 ? 1 + test_random() % 5 : test_random() % 256;
			if (type == MUX_CREDIT && test_random() % 8)
				len = 4;
			if (type != MUX_CREDIT && type != MUX_DATA && test_random() % 8)
				len = 0;
			for (size_t k = 0; k < len; k++)
				input[MUX_HEADER + k] = (uint8_t)(test_random() % 3);
			mux_put_header(input, len, 1 + test_random() % 6, type);
			size_t cut = test_random() % 60 ? len : len / 2;
			if (send(ends[1], input, MUX_HEADER + cut, MSG_DONTWAIT) < 0)
				break;
			if (held_count && test_random() % 3 == 0) {
				unsigned k = test_random() % held_count;
				if (test_random() % 4 == 0)
					shutdown(held[k], SHUT_RDWR);
				else if (test_random() % 2)
					send(held[k], input, test_random() % 4096, MSG_DONTWAIT | MSG_NOSIGNAL);
				else
					recv(held[k], sink, sizeof sink, MSG_DONTWAIT);
			}
			mux_run(&m);
			loop_once(&loop, 0);
			while (recv(ends[1], sink, sizeof sink, MSG_DONTWAIT) > 0) {
			}
			if (m.mode == MUX_IDLE)
				break;
		}
		mux_detach(&m);
		close(ends[1]);
		while (held_count)
			close(held[--held_count]);
	}
	log_to(2);
	close(loop.epoll);
}

static void http_bytes(void)
{
	static struct http h;
	static const char sample[] = "POST /files?path=%2Froot&x=%20y HTTP/1.1\r\nHost: guest\r\nTransfer-Encoding: chunked\r\n\r\n"
				     "5\r\nhello\r\n10;a=b\r\n0123456789abcdef\r\n0\r\nT: x\r\n\r\n";
	char data[64];
	for (int64_t until = now_ms() + BUDGET_MS; now_ms() < until;) {
		int ends[2];
		size_t n = mutated(sample, sizeof sample - 1);
		CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
		send(ends[1], input, n, MSG_NOSIGNAL);
		close(ends[1]);
		if (http_read_request(&h, ends[0]) == 0) {
			free(http_param(&h, "path"));
			free(http_param(&h, "x"));
			while (http_body(&h, data, 1 + test_random() % sizeof data) > 0) {
			}
		}
		close(ends[0]);
	}
}

static void spec_bytes(void)
{
	static struct execspec s;
	static const char sample[] = "arg=bHM=\narg=LWw=\ncwd=L3RtcA==\nuser=cm9vdA==\nenv=QT0x\ntty=ODAgMjQgeHRlcm0=\nlogin=MQ==\n";
	for (int64_t until = now_ms() + BUDGET_MS; now_ms() < until;) {
		size_t n = mutated(sample, sizeof sample - 1);
		char *text = exact(n);
		execspec_parse(&s, text, n);
		execspec_free(&s);
		free(text);
	}
}

static void config_bytes(void)
{
	static struct config conf;
	char error[CONFIG_ERROR];
	static uint8_t sample[600];
	size_t len = 0;
	static const struct { const char *name, *data; } members[] = {
		{ "banger.conf", "hostname=x\naddress=10.0.0.2/24\nmac=02:00:00:00:00:01\nresolver=1.1.1.1\n" },
		{ "put/etc/a", "content" }, { "TRAILER!!!", "" },
	};
	for (unsigned i = 0; i < countof(members); i++) {
		len += (size_t)sprintf((char *)sample + len, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s", 1,
				       0100644, 0, 0, 1, 0, (unsigned)strlen(members[i].data), 0, 0, 0, 0,
				       (unsigned)strlen(members[i].name) + 1, 0, members[i].name);
		len = (len + 1 + 3) & ~3u;
		memcpy(sample + len, members[i].data, strlen(members[i].data));
		len = (len + strlen(members[i].data) + 3) & ~3u;
	}
	CHECK(config_check(sample, len, &conf, error));
	for (int64_t until = now_ms() + BUDGET_MS; now_ms() < until;) {
		size_t n = mutated(sample, len);
		char *text = exact(n);
		config_check(text, n, &conf, error);
		config_parse(text, n, &conf, error);
		free(text);
	}
}

struct bytes {
	const char *p;
	size_t len;
};

static long read_bytes(void *ctx, void *data, size_t max)
{
	struct bytes *b = ctx;
	size_t n = b->len < max ? b->len : max;
	memcpy(data, b->p, n);
	b->p += n;
	b->len -= n;
	return (long)n;
}

static void fix_sum(uint8_t *b)
{
	unsigned sum = 0;
	memset(b + 148, ' ', 8);
	for (int i = 0; i < TAR_BLOCK; i++)
		sum += b[i];
	snprintf((char *)b + 148, 7, "%06o", sum);
}

static void tar_bytes(void)
{
	char dir[100], error[TAR_ERROR];
	static uint8_t sample[4096];
	static struct tar_entry e;
	size_t len = 0;
	static const char *const names[] = { "x", "dir/", "dir/file", "link" };
	strcpy(dir, test_dir());
	for (unsigned i = 0; i < countof(names); i++) {
		memset(&e, 0, sizeof e);
		strcpy(e.path, names[i]);
		strcpy(e.link, i == 3 ? "dir/file" : "");
		e.type = "x502"[i];
		e.mode = 0755;
		e.uid = getuid();
		e.gid = getgid();
		e.size = i == 0 ? 20 : i == 2 ? 5 : 0;
		len += tar_make_header(&e, sample + len, sizeof sample - len);
		if (e.size) {
			strcpy((char *)sample + len, i ? "12345" : "20 path=dir/longer\n\n");
			len += TAR_BLOCK;
		}
	}
	len += 2 * TAR_BLOCK;
	int top = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	CHECK(top >= 0 && len <= sizeof sample);
	for (int64_t until = now_ms() + 2 * BUDGET_MS; now_ms() < until;) {
		size_t n = mutated(sample, len);
		/* Behind the checksum, where the rest is. */
		for (size_t at = 0; at + TAR_BLOCK <= n && test_random() % 8; at += TAR_BLOCK)
			if (!memcmp(input + at + 257, "ustar", 5))
				fix_sum(input + at);
		char *text = exact(n);
		struct bytes b = { text, n };
		struct tar_source source = { read_bytes, &b };
		tar_extract(top, false, &source, error);
		free(text);
	}
	close(top);
}

static void other_bytes(void)
{
	static struct frames f;
	static struct listeners l;
	static const char table[] = "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1 0\n";
	for (int64_t until = now_ms() + BUDGET_MS; now_ms() < until;) {
		size_t n = mutated(table, sizeof table - 1);
		for (size_t i = 0; i < n; i++)
			input[i] = input[i] ? input[i] : ' ';
		input[n] = 0;
		l.count = 0;
		ports_parse(&l, (char *)input, test_random() % 2, test_random() % 2);
		memset(&f, 0, offsetof(struct frames, data));
		n = noise(200);
		for (size_t at = 0; at < n;) {
			size_t room, len, piece = 1 + test_random() % 50;
			const uint8_t *p;
			unsigned type;
			uint8_t *to = frames_room(&f, &room);
			piece = piece < n - at ? piece : n - at;
			piece = piece < room ? piece : room;
			memcpy(to, input + at, piece);
			frames_added(&f, piece);
			at += piece;
			int got;
			while ((got = frames_next(&f, &type, &p, &len)) > 0) {
			}
			if (got < 0)
				break;
		}
		char percent[64];
		n = noise(60);
		for (size_t i = 0; i < n; i++)
			percent[i] = input[i] % 3 ? '%' : (char)(input[i] | 1);
		percent[n] = 0;
		percent_decode(percent);
	}
}

const struct test fuzz_tests[] = {
	{ "fuzz: control", control_bytes }, { "fuzz: mux", mux_bytes }, { "fuzz: http", http_bytes },
	{ "fuzz: exec description", spec_bytes }, { "fuzz: configuration", config_bytes },
	{ "fuzz: tar", tar_bytes }, { "fuzz: frames, ports, percent", other_bytes }, { NULL, NULL },
};
