/* The main process as a whole: control, streams and workers together, in this process, with the host
   played over socket pairs. */
#include "peer.h"
#include "test.h"

#include "../core.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct core c;
static int control, streams;
static struct buf lines, bytes;

static void turn(void)
{
	char data[65536];
	ssize_t n;
	core_turn(&c, 5);
	while ((n = recv(control, data, sizeof data, MSG_DONTWAIT)) > 0)
		buf_add(&lines, data, (size_t)n);
	while ((n = recv(streams, data, sizeof data, MSG_DONTWAIT)) > 0)
		buf_add(&bytes, data, (size_t)n);
	while (waitpid(-1, NULL, WNOHANG) > 0) {
	}
}

static bool in(const struct buf *b, const char *text)
{
	return b->p && memmem(b->p, b->len, text, strlen(text));
}

/* Runs the machine until control holds this text. */
static bool line(const char *text)
{
	int64_t until = now_ms() + DEADLINE_MS;
	while (!in(&lines, text) && now_ms() < until)
		turn();
	return in(&lines, text);
}

static bool say(const char *text)
{
	return write_all(control, text, strlen(text));
}

static bool greet(void)
{
	lines.len = 0;
	return write_all(control, "\0host 00112233445566778899aabbccddeeff 1\n", 41) &&
	       line("hello 00112233445566778899aabbccddeeff 1 0 ");
}

static void setup(enum state state)
{
	int a[2], b[2];
	core_init(&c, ROLE_AGENT);
	c.test = true;
	c.state = state;
	c.transport = VIA_PORTS;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, a) ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, b))
		return;
	control = a[1];
	streams = b[1];
	core_control_attach(&c, a[0]);
	mux_attach(&c.mux, b[0]);
	buf_free(&lines);
	buf_free(&bytes);
}

static void teardown(void)
{
	int64_t until = now_ms() + DEADLINE_MS;
	mux_detach(&c.mux);
	while ((c.calls || c.jobs) && now_ms() < until)
		turn();
	loop_close(&c.loop, &c.control_source);
	close(c.loop.epoll);
	close(control);
	close(streams);
}

static bool session(char digit)
{
	char nonce[33], text[64];
	uint8_t raw[16];
	memset(nonce, digit, 32);
	nonce[32] = 0;
	if (!hex_decode(nonce, 32, raw))
		return false;
	bytes.len = 0;
	snprintf(text, sizeof text, "mux %s\n", nonce);
	if (!write_all(streams, raw, sizeof raw) || !say(text))
		return false;
	if (!line(text) || bytes.len < 16 || memcmp(bytes.p, raw, 16))
		return false;
	bytes.len = 0;
	return true;
}

static bool frame(unsigned type, uint32_t id, const void *data, size_t len)
{
	uint8_t head[MUX_HEADER];
	mux_put_header(head, len, id, type);
	bool ok = write_all(streams, head, sizeof head) && write_all(streams, data, len);
	turn();
	return ok;
}

static bool request(uint32_t id, const char *head, const char *body)
{
	char text[4096];
	snprintf(text, sizeof text, "%s HTTP/1.1\r\nContent-Length: %zu\r\n\r\n%s", head, strlen(body), body);
	return frame(MUX_OPEN, id, "", 0) && frame(MUX_DATA, id, text, strlen(text)) && frame(MUX_END, id, "", 0);
}

/* Runs until the streams' bytes hold this text. */
static bool received(const char *text)
{
	int64_t until = now_ms() + DEADLINE_MS;
	while (!in(&bytes, text) && now_ms() < until)
		turn();
	return in(&bytes, text);
}

/* Turns until it is so. */
#define EVENTUALLY(condition)                                              \
	do {                                                               \
		int64_t until_ = now_ms() + DEADLINE_MS;                   \
		while (!(condition) && now_ms() < until_)                  \
			turn();                                            \
		CHECK(condition);                                          \
	} while (0)

static void greeting(void)
{
	setup(ST_READY);
	CHECK(say("ping a\nmux x\nresumed 1\n"));
	turn();
	CHECK(lines.len == 0);
	CHECK(greet() && line("agent ready 0\n") && lines.p[0] == 0);
	CHECK(say("ping abc\nping TOO\nunknown line\n") && line("pong abc\n"));
	CHECK(!in(&lines, "TOO"));
	/* A greeting that is none gets no answer. */
	lines.len = 0;
	static const char wrong[] = "\0host short 1\n\0hello\n\0host 00112233445566778899AABBCCDDEEFF 1\n";
	CHECK(write_all(control, wrong, sizeof wrong - 1));
	turn();
	CHECK(lines.len == 0 && !c.control.greeted);
	CHECK(greet());
	teardown();
}

static void health(void)
{
	setup(ST_READY);
	c.generation = 4;
	strcpy(c.init, "/sbin/init");
	CHECK(greet() && session('a') && request(1, "GET /healthz", ""));
	CHECK(received("HTTP/1.1 200 OK") && received("state=ready\ngeneration=4\nbuild=0\nuptime_ms=") && received("init=/sbin/init\n"));
	CHECK(in(&bytes, "Connection: close"));
	CHECK(request(2, "GET /nope", "") && received("404 Not Found"));
	CHECK(request(3, "DELETE /healthz", "") && received("405 "));
	teardown();
	CHECK(c.mux.count == 0);
}

static void not_configured(void)
{
	setup(ST_BOOT);
	CHECK(greet() && line("agent boot 0") && session('a'));
	CHECK(request(1, "POST /exec", "arg=YQ==\n") && received("503 "));
	CHECK(request(2, "GET /healthz", "") && received("state=boot"));
	CHECK(request(3, "POST /configure", "no archive") && received("400 Bad Request"));
	CHECK(c.state == ST_BOOT);
	teardown();
}

static void settling(void)
{
	/* Nothing is waited for, and no memory filled, in a guest that nobody has configured. */
	setup(ST_BOOT);
	CHECK(greet() && session('a'));
	CHECK(request(1, "POST /settle?within=1", "") && received("503 "));
	CHECK(request(2, "POST /shrink", "") && received("503 "));
	CHECK(request(3, "POST /quit", "") && received("503 "));
	teardown();
	static const char *const wrong[] = { "", "?within=", "?within=x", "?within=-1", "?within=601", "?within=1s",
					     "?within=99999999999999999999", "?other=1" };
	setup(ST_READY);
	CHECK(greet() && session('b'));
	for (uint32_t i = 0; i < countof(wrong); i++) {
		char what[100];
		bytes.len = 0;
		snprintf(what, sizeof what, "POST /settle%s", wrong[i]);
		CHECK(request(i + 1, what, "") && received("400 ") && received("within is not a number of seconds up to 600"));
	}
	CHECK(request(90, "GET /settle", "") && received("405 "));
	bytes.len = 0;
	CHECK(request(91, "GET /shrink", "") && received("405 "));
	teardown();
}

static void configured(void)
{
	setup(ST_BOOT);
	char head[200];
	struct buf archive = { 0 };
	cpio_add(&archive, "banger.conf", 0100600, "hostname=x\n", 11);
	cpio_add(&archive, "TRAILER!!!", 0, "", 0);
	CHECK(greet() && session('a'));
	/* `ready` comes once for each configuration, and the worker is answered. */
	for (uint32_t id = 1; id <= 2; id++) {
		lines.len = bytes.len = 0;
		int n = snprintf(head, sizeof head, "POST /configure HTTP/1.1\r\nContent-Length: %zu\r\n\r\n", archive.len);
		CHECK(frame(MUX_OPEN, id, "", 0) && frame(MUX_DATA, id, head, (size_t)n) &&
		      frame(MUX_DATA, id, archive.p, archive.len));
		CHECK(received("HTTP/1.1 ") && line("ready\n"));
		CHECK(in(&bytes, "200 OK") && c.state == ST_READY);
	}
	buf_free(&archive);
	teardown();
}

static void many_at_once(void)
{
	setup(ST_READY);
	CHECK(greet() && session('a'));
	/* 64 commands, each with input of its own still open; then all end. */
	for (uint32_t id = 1; id <= 64; id++) {
		struct buf spec = { 0 };
		char text[600], uid[16];
		snprintf(uid, sizeof uid, "%d", (int)getuid());
		spec_text(&spec, "user", uid);
		spec_text(&spec, "arg", "cat");
		int n = snprintf(text, sizeof text, "POST /exec HTTP/1.1\r\nContent-Length: %zu\r\n\r\n%s", spec.len, spec.p);
		CHECK(frame(MUX_OPEN, id, "", 0) && frame(MUX_DATA, id, text, (size_t)n));
		buf_free(&spec);
	}
	for (uint32_t id = 1; id <= 64; id++) {
		uint8_t in_frame[20];
		int n = snprintf((char *)in_frame + 4, sizeof in_frame - 8, "number-%u;", id);
		in_frame[0] = in_frame[1] = in_frame[2] = 0;
		in_frame[3] = (uint8_t)n;
		memset(in_frame + 4 + n, 0, 4);
		CHECK(frame(MUX_DATA, id, in_frame, (size_t)n + 8));
	}
	for (uint32_t id = 1; id <= 64; id++) {
		char want[32];
		snprintf(want, sizeof want, "number-%u;", id);
		CHECK(received(want));
	}
	EVENTUALLY(!c.calls);
	teardown();
}

static void sessions_follow(void)
{
	setup(ST_READY);
	CHECK(greet() && session('a'));
	CHECK(frame(MUX_OPEN, 1, "", 0) && frame(MUX_DATA, 1, "GET /hea", 8));
	/* The host starts over in the middle: its old worker ends, the new session knows nothing of it. */
	CHECK(session('b') && c.mux.count == 0);
	CHECK(request(1, "GET /healthz", "") && received("state=ready"));
	/* A frame that breaks the rules ends the session only. */
	CHECK(frame(77, 1, "", 0));
	EVENTUALLY(c.mux.mode == MUX_IDLE);
	CHECK(say("ping z\n") && line("pong z"));
	CHECK(session('c') && request(5, "GET /healthz", "") && received("state=ready"));
	/* Another greeting is another conversation: its host opens a session of its own. */
	CHECK(greet() && c.mux.mode == MUX_IDLE);
	CHECK(session('d'));
	teardown();
}

static void save_and_resume(void)
{
	char resumed[200], seed[65];
	memset(seed, '0', 64);
	seed[64] = 0;
	setup(ST_READY);
	CHECK(greet() && session('a') && frame(MUX_OPEN, 1, "", 0));
	EVENTUALLY(c.mux.count == 1);
	/* Memory is written to as often as it is asked, and no more than that. */
	CHECK(say("stir 64\nping a\n") && line("pong a\n") && c.stirred_bytes == 65536);
	CHECK(c.stirred[0] && c.stirred[61440] && !c.stirred[1]);
	memset(c.stirred, 0, c.stirred_bytes);
	CHECK(say("stir 64\nstir 16385\nstir x\nping b\n") && line("pong b\n"));
	CHECK(c.stirred_bytes == 65536 && c.stirred[0] && c.stirred[61440]);
	CHECK(say("stir 128\nping c\n") && line("pong c\n") && c.stirred_bytes == 131072 && c.stirred[126976]);
	CHECK(say("stir 0\nping d\n") && line("pong d\n") && !c.stirred);
	CHECK(say("prepare-save 7\n") && line("quiesced 7\n"));
	CHECK(!c.calls && c.mux.source.fd < 0 && c.state == ST_QUIESCED);
	/* Silent now, but for a greeting. */
	lines.len = 0;
	CHECK(say("ping a\nmux aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nprepare-save 8\n"));
	turn();
	turn();
	CHECK(lines.len == 0);
	CHECK(greet() && line("quiesced 0\n"));
	CHECK(say("freeze 7\n") && line("frozen 7\n") && c.thaw_at);
	/* The clock of the machine that runs the test is not set: the time is refused as out of range. */
	snprintf(resumed, sizeof resumed, "resumed 7 continue x %s\nresumed 7 other 1 %s\n", seed, seed);
	lines.len = 0;
	CHECK(say(resumed));
	turn();
	CHECK(lines.len == 0 && c.state == ST_FROZEN);
	/* Nobody comes: thawed by itself, still quiet. */
	c.thaw_at = now_ms();
	EVENTUALLY(c.state == ST_QUIESCED && !c.thaw_at && !c.jobs);
	teardown();
}

static void host_that_stops_reading(void)
{
	/* One stream's answer is not taken; control goes on, the process does not grow. */
	setup(ST_READY);
	struct buf spec = { 0 };
	char text[600], uid[16];
	CHECK(greet() && session('a'));
	snprintf(uid, sizeof uid, "%d", (int)getuid());
	spec_text(&spec, "user", uid);
	spec_text(&spec, "arg", "yes");
	int n = snprintf(text, sizeof text, "POST /exec HTTP/1.1\r\nContent-Length: %zu\r\n\r\n%s", spec.len, spec.p);
	buf_free(&spec);
	CHECK(frame(MUX_OPEN, 1, "", 0) && frame(MUX_DATA, 1, text, (size_t)n));
	int64_t until = now_ms() + DEADLINE_MS;
	while (bytes.len < MUX_WINDOW && now_ms() < until)
		turn();
	CHECK(say("ping still\n") && line("pong still\n"));
	CHECK(bytes.len < MUX_WINDOW + 100 * MUX_HEADER);
	CHECK(request(2, "GET /healthz", "") && received("state=ready"));
	CHECK(frame(MUX_RESET, 1, "", 0));
	EVENTUALLY(!c.calls);
	teardown();
}

static void nothing_leaks(void)
{
	int before = test_open_fds();
	for (int i = 0; i < 5; i++) {
		setup(ST_READY);
		CHECK(greet() && session('a') && request(1, "GET /healthz", "") && received("state=ready"));
		CHECK(frame(MUX_OPEN, 2, "", 0));
		teardown();
	}
	CHECK(test_open_fds() == before);
	buf_free(&lines);
	buf_free(&bytes);
}

const struct test core_tests[] = {
	{ "core: greeting", greeting }, { "core: health", health }, { "core: not configured", not_configured },
	{ "core: settling", settling },
	{ "core: configured", configured }, { "core: 64 commands at once", many_at_once },
	{ "core: sessions follow each other", sessions_follow }, { "core: save and resume", save_and_resume },
	{ "core: a host that stops reading", host_that_stops_reading }, { "core: nothing leaks", nothing_leaks },
	{ NULL, NULL },
};
