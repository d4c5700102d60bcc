#include "test.h"

#include "../frames.h"
#include "../spans.h"
#include "../util.h"

#include <string.h>

static void hex(void)
{
	uint8_t out[4];
	char text[9];
	CHECK(hex_decode("00ff1a2b", 8, out));
	CHECK(out[1] == 0xff && out[3] == 0x2b);
	hex_encode(out, 4, text);
	CHECK_TEXT(text, "00ff1a2b");
	CHECK(!hex_decode("00FF1a2b", 8, out));
	CHECK(!hex_decode("00ff1a2", 8, out));
	CHECK(!hex_decode("00ff1a2g", 8, out));
}

static void base64(void)
{
	uint8_t out[16];
	size_t n;
	CHECK(base64_decode("", 0, out, &n) && n == 0);
	CHECK(base64_decode("YQ==", 4, out, &n) && n == 1 && out[0] == 'a');
	CHECK(base64_decode("//79", 4, out, &n) && n == 3 && out[0] == 0xff && out[2] == 0xfd);
	CHECK(!base64_decode("YQ=", 3, out, &n));
	CHECK(!base64_decode("YR==", 4, out, &n));
	CHECK(!base64_decode("Y===", 4, out, &n));
	CHECK(!base64_decode("YQ==YQ==", 8, out, &n));
	CHECK(!base64_decode("_-79", 4, out, &n));
	CHECK(!base64_decode("YQ=a", 4, out, &n));
}

static void percent(void)
{
	char a[] = "/a%20b%FF%2f", b[] = "%0", c[] = "%00", d[] = "%zz";
	CHECK(percent_decode(a));
	CHECK_TEXT(a, "/a b\xff/");
	CHECK(!percent_decode(b));
	CHECK(!percent_decode(c));
	CHECK(!percent_decode(d));
}

static void numbers(void)
{
	uint64_t n;
	CHECK(parse_u64("18446744073709551615", UINT64_MAX, &n) && n == UINT64_MAX);
	CHECK(!parse_u64("18446744073709551616", UINT64_MAX, &n));
	CHECK(!parse_u64("", 9, &n));
	CHECK(!parse_u64("-1", 9, &n));
	CHECK(!parse_u64(" 1", 9, &n));
	CHECK(!parse_u64("10", 9, &n));
}

static void span_set(void)
{
	static struct spans s;
	memset(&s, 0, sizeof s);
	CHECK(spans_add(&s, 5) && spans_add(&s, 7) && spans_add(&s, 6));
	CHECK(s.count == 1);
	CHECK(!spans_add(&s, 6));
	CHECK(spans_has(&s, 5) && !spans_has(&s, 4) && !spans_has(&s, 8));
	CHECK(spans_add(&s, 4) && spans_add(&s, 1) && s.count == 2);
	CHECK(spans_add(&s, 0x7fffffff) && spans_has(&s, 0x7fffffff));
	/* Every second number: as many spans as there may be, then no more. */
	s.count = 0;
	for (uint32_t i = 0; i < SPANS_MAX; i++)
		CHECK(spans_add(&s, 2 * i + 2));
	CHECK(!spans_add(&s, 2 * SPANS_MAX + 2));
	CHECK(spans_add(&s, 3));
}

static void span_set_random(void)
{
	/* Against the plainest set there is. */
	static struct spans s;
	static bool plain[512];
	memset(&s, 0, sizeof s);
	memset(plain, 0, sizeof plain);
	for (int i = 0; i < 20000; i++) {
		uint32_t n = 1 + test_random() % 511;
		bool added = s.count < SPANS_MAX ? spans_add(&s, n) : false;
		if (s.count < SPANS_MAX)
			CHECK(added == !plain[n] || s.count == SPANS_MAX);
		plain[n] = plain[n] || added;
		uint32_t probe = 1 + test_random() % 511;
		CHECK(spans_has(&s, probe) == plain[probe]);
	}
}

static void frame_stream(void)
{
	static struct frames f;
	static uint8_t bytes[FRAME_HEADER + FRAME_MAX + 10];
	const uint8_t *p;
	unsigned type;
	size_t len, room;
	memset(&f, 0, sizeof f);
	frame_header(bytes, FRAME_IN, FRAME_MAX);
	bytes[FRAME_HEADER + FRAME_MAX - 1] = 'z';
	frame_header(bytes + FRAME_HEADER + FRAME_MAX, FRAME_SIGNAL, 1);
	bytes[FRAME_HEADER + FRAME_MAX + 4] = 9;
	/* One byte at a time: never more than one frame, never early. */
	size_t total = FRAME_HEADER + FRAME_MAX + FRAME_HEADER + 1;
	for (size_t i = 0; i < total; i++) {
		*frames_room(&f, &room) = bytes[i];
		CHECK(room > 0);
		frames_added(&f, 1);
		int got = frames_next(&f, &type, &p, &len);
		if (i == FRAME_HEADER + FRAME_MAX - 1)
			CHECK(got == 1 && type == FRAME_IN && len == FRAME_MAX && p[len - 1] == 'z');
		else if (i == total - 1)
			CHECK(got == 1 && type == FRAME_SIGNAL && len == 1 && *p == 9);
		else
			CHECK(got == 0);
	}
	frame_header(frames_room(&f, &room), FRAME_IN, FRAME_MAX + 1);
	frames_added(&f, FRAME_HEADER);
	CHECK(frames_next(&f, &type, &p, &len) == -1);
}

const struct test util_tests[] = {
	{ "hex", hex }, { "base64", base64 }, { "percent encoding", percent }, { "numbers", numbers },
	{ "set of stream numbers", span_set }, { "set of stream numbers, random", span_set_random },
	{ "exec frames at every split", frame_stream }, { NULL, NULL },
};
