#include "test.h"

#include "../control.h"
#include "../util.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char heard[4096];
static int nuls;

static void on_line(void *ctx, char *line, bool start)
{
	struct control *c = ctx;
	strcat(heard, start ? "[" : "(");
	strcat(heard, line);
	strcat(heard, start ? "]" : ")");
	if (start && !strncmp(line, "host", 4))
		c->greeted = true;
}

static void on_nul(void *ctx)
{
	(void)ctx;
	nuls++;
}

static struct control *fresh(void)
{
	static struct control c;
	memset(&c, 0, sizeof c);
	c.fd = -1;
	c.on_line = on_line;
	c.on_nul = on_nul;
	c.ctx = &c;
	heard[0] = 0;
	nuls = 0;
	return &c;
}

#define FEED(c, text) control_feed(c, text, sizeof text - 1)

static void silent_before_greeting(void)
{
	struct control *c = fresh();
	FEED(c, "ping a\nfoo\n");
	CHECK_TEXT(heard, "");
	CHECK(!control_say(c, "ready"));
	FEED(c, "junk\0host x\nping a\n");
	CHECK_TEXT(heard, "[host x](ping a)");
}

static void nul_starts_anew(void)
{
	struct control *c = fresh();
	c->fd = 0;
	FEED(c, "\0host 1\nping");
	CHECK(control_say(c, "pong"));
	CHECK(c->out_len == 5);
	/* What was half read and what was not sent yet are both of the old conversation. */
	FEED(c, "\0host 2\nping b\n");
	CHECK_TEXT(heard, "[host 1][host 2](ping b)");
	CHECK(c->out_len == 0 && nuls == 2);
	FEED(c, "\0");
	CHECK(!c->greeted && !control_say(c, "pong"));
}

static void garbage_lines(void)
{
	struct control *c = fresh();
	FEED(c, "\0host 1\nping \x01\nping \xff b\nping c\r\nping d\n\n");
	CHECK_TEXT(heard, "[host 1](ping d)()");
}

static void long_lines(void)
{
	struct control *c = fresh();
	static char line[3000];
	memset(line, 'a', sizeof line);
	FEED(c, "\0host 1\n");
	/* 1024 bytes with the newline is a line, 1025 is none. */
	control_feed(c, line, 1023);
	FEED(c, "\n");
	CHECK(strlen(heard) == strlen("[host 1]()") + 1023);
	heard[0] = 0;
	control_feed(c, line, 1024);
	FEED(c, "\nx\n");
	CHECK_TEXT(heard, "(x)");
	control_feed(c, line, sizeof line);
	FEED(c, "\ny\n");
	CHECK_TEXT(heard, "(x)(y)");
}

static void every_split(void)
{
	static const char text[] = "zz\0host 1\nping a\n\x01\n\0host 2\nq\n";
	for (size_t i = 0; i < sizeof text - 1; i++) {
		struct control *c = fresh();
		control_feed(c, text, i);
		control_feed(c, text + i, sizeof text - 1 - i);
		CHECK_TEXT(heard, "[host 1](ping a)[host 2](q)");
	}
}

static void reader_that_does_not_read(void)
{
	struct control *c = fresh();
	int ends[2];
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
	c->fd = ends[0];
	FEED(c, "\0host 1\n");
	size_t said = 0;
	while (control_say(c, "%0900d", 1) && control_flush(c) && said < 100000)
		said++;
	/* The queue is bounded, and we stop listening until it is read. */
	CHECK(said < 100000 && c->out_len - c->out_off <= sizeof c->out);
	CHECK(write(ends[1], "ping z\n", 7) == 7);
	CHECK(control_read(c));
	CHECK(!strstr(heard, "ping z"));
	char sink[65536];
	while (read(ends[1], sink, sizeof sink) > 0)
		CHECK(control_flush(c));
	CHECK(control_read(c) && strstr(heard, "ping z"));
	close(ends[1]);
	CHECK(!control_read(c));
	close(ends[0]);
}

const struct test control_tests[] = {
	{ "control: silent before the greeting", silent_before_greeting },
	{ "control: NUL starts anew", nul_starts_anew },
	{ "control: garbage lines", garbage_lines },
	{ "control: long lines", long_lines },
	{ "control: every split", every_split },
	{ "control: a host that does not read", reader_that_does_not_read },
	{ NULL, NULL },
};
