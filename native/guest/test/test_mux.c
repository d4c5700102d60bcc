#include "test.h"

#include "../mux.h"
#include "../util.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct loop loop;
static struct mux m;
static int host;            /* the host's end of the pipe */
static int worker[1000];    /* the workers' ends, by stream number */
static int begun;
static bool refuse_streams;
static uint8_t got[4 << 20]; /* what the host received and did not look at */
static size_t got_len;

static int open_stream(void *ctx, uint32_t id)
{
	int ends[2];
	(void)ctx;
	if (refuse_streams || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
		return -1;
	worker[id % 1000] = ends[1];
	return ends[0];
}

static void on_begin(void *ctx, const uint8_t nonce[MUX_NONCE])
{
	(void)ctx, (void)nonce;
	begun++;
}

static void settle(void)
{
	for (;;) {
		bool more = mux_run(&m);
		more = loop_once(&loop, 0) || more;
		ssize_t n = recv(host, got + got_len, sizeof got - got_len, MSG_DONTWAIT);
		if (n > 0)
			got_len += (size_t)n;
		else if (!more)
			return;
	}
}

static void setup(void)
{
	int ends[2];
	loop_init(&loop);
	mux_init(&m, &loop);
	m.open_stream = open_stream;
	m.on_begin = on_begin;
	memset(worker, -1, sizeof worker);
	begun = 0;
	got_len = 0;
	refuse_streams = false;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0) {
		host = ends[1];
		mux_attach(&m, ends[0]);
	}
}

static void teardown(void)
{
	mux_detach(&m);
	close(host);
	close(loop.epoll);
	for (size_t i = 0; i < countof(worker); i++)
		if (worker[i] >= 0)
			close(worker[i]);
}

static bool put(const void *data, size_t len)
{
	const char *p = data;
	int64_t until = now_ms() + DEADLINE_MS;
	while (len && now_ms() < until) {
		ssize_t n = send(host, p, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
		settle();
	}
	return len == 0;
}

static bool frame(unsigned type, uint32_t id, const void *payload, size_t len)
{
	static uint8_t bytes[MUX_HEADER + MUX_PAYLOAD];
	mux_put_header(bytes, len, id, type);
	if (len)
		memcpy(bytes + MUX_HEADER, payload, len);
	return put(bytes, MUX_HEADER + len);
}

/* Takes the next frame that the host received. */
static bool next(unsigned *type, uint32_t *id, size_t *len)
{
	if (got_len < MUX_HEADER)
		return false;
	*len = (size_t)got[0] << 24 | (size_t)got[1] << 16 | (size_t)got[2] << 8 | got[3];
	*id = (uint32_t)got[4] << 24 | (uint32_t)got[5] << 16 | (uint32_t)got[6] << 8 | got[7];
	*type = got[8];
	if (got_len < MUX_HEADER + *len)
		return false;
	got_len -= MUX_HEADER + *len;
	memmove(got, got + MUX_HEADER + *len, got_len);
	return true;
}

static bool begin(uint8_t fill)
{
	uint8_t nonce[MUX_NONCE];
	memset(nonce, fill, sizeof nonce);
	bool ok = put(nonce, sizeof nonce);
	int before = begun;
	mux_begin(&m, nonce);
	settle();
	ok = ok && begun == before + 1 && got_len >= MUX_NONCE && !memcmp(got, nonce, MUX_NONCE);
	if (ok) {
		got_len -= MUX_NONCE;
		memmove(got, got + MUX_NONCE, got_len);
	}
	return ok;
}

static size_t worker_read(uint32_t id, void *data, size_t max)
{
	ssize_t n = recv(worker[id % 1000], data, max, MSG_DONTWAIT);
	return n > 0 ? (size_t)n : 0;
}

static bool worker_at_end(uint32_t id)
{
	char c;
	return recv(worker[id % 1000], &c, 1, MSG_DONTWAIT) == 0;
}

static void round_trip(void)
{
	char text[32];
	unsigned type;
	uint32_t id;
	size_t len;
	setup();
	CHECK(begin(1));
	CHECK(frame(MUX_OPEN, 7, NULL, 0) && frame(MUX_DATA, 7, "hello", 5));
	CHECK(worker_read(7, text, sizeof text) == 5 && !memcmp(text, "hello", 5));
	CHECK(write(worker[7], "answer", 6) == 6);
	settle();
	CHECK(next(&type, &id, &len) && type == MUX_DATA && id == 7 && len == 6);
	/* END from the host: the worker sees an end and may still answer. */
	CHECK(frame(MUX_END, 7, NULL, 0) && worker_at_end(7));
	CHECK(write(worker[7], "more", 4) == 4);
	close(worker[7]);
	worker[7] = -1;
	settle();
	CHECK(next(&type, &id, &len) && type == MUX_DATA && len == 4);
	CHECK(next(&type, &id, &len) && type == MUX_END && id == 7);
	CHECK(m.count == 0);
	/* Over, but once used: ignored, and not to be opened again. */
	CHECK(frame(MUX_DATA, 7, "x", 1) && m.mode == MUX_SESSION);
	CHECK(frame(MUX_OPEN, 7, NULL, 0) && m.mode == MUX_IDLE);
	teardown();
}

static void end_by_the_guest(void)
{
	unsigned type;
	uint32_t id;
	size_t len;
	setup();
	CHECK(begin(1) && frame(MUX_OPEN, 1, NULL, 0));
	close(worker[1]);
	worker[1] = -1;
	settle();
	CHECK(next(&type, &id, &len) && type == MUX_END);
	CHECK(m.count == 1);
	/* Nobody reads it any more, but the host is not held up: it gets its credit back. */
	static char data[MUX_PAYLOAD];
	for (int i = 0; i < 40; i++) {
		CHECK(frame(MUX_DATA, 1, data, sizeof data));
		CHECK(m.mode == MUX_SESSION);
	}
	CHECK(frame(MUX_END, 1, NULL, 0) && m.count == 0);
	teardown();
}

static void credit_from_the_guest(void)
{
	static char data[MUX_PAYLOAD];
	unsigned type;
	uint32_t id;
	size_t len, total = 0, credit = 0, taken;
	setup();
	CHECK(begin(1) && frame(MUX_OPEN, 1, NULL, 0));
	/* A whole window without a byte read by the worker: allowed, and held. */
	for (int i = 0; i < MUX_WINDOW / MUX_PAYLOAD; i++) {
		memset(data, 'a' + i, sizeof data);
		CHECK(frame(MUX_DATA, 1, data, sizeof data));
	}
	CHECK(m.mode == MUX_SESSION);
	static char read_back[MUX_WINDOW];
	while ((taken = worker_read(1, read_back + total, sizeof read_back - total)) > 0) {
		total += taken;
		settle();
	}
	CHECK(total == MUX_WINDOW);
	for (int i = 0; i < MUX_WINDOW; i++)
		if (read_back[i] != 'a' + i / MUX_PAYLOAD)
			CHECK(!"bytes in order");
	while (next(&type, &id, &len))
		credit += type == MUX_CREDIT ? 65536 : 0;
	CHECK(credit >= MUX_WINDOW - 65536);
	/* More than was granted breaks the rules. */
	for (int i = 0; m.mode == MUX_SESSION && i < 10; i++) {
		CHECK(worker[1] >= 0);
		frame(MUX_DATA, 1, data, sizeof data);
	}
	CHECK(m.mode == MUX_IDLE && worker_read(1, data, sizeof data) > 0);
	teardown();
}

static void credit_of_the_host(void)
{
	static char data[MUX_WINDOW * 2];
	uint8_t more[4] = { 0, 0, 0x10, 0 };
	unsigned type;
	uint32_t id;
	size_t len, total = 0;
	setup();
	CHECK(begin(1) && frame(MUX_OPEN, 1, NULL, 0));
	size_t sent = 0;
	for (int i = 0; i < 100; i++) {
		ssize_t n = sent < sizeof data ? send(worker[1], data + sent, sizeof data - sent, MSG_DONTWAIT) : 0;
		sent += n > 0 ? (size_t)n : 0;
		settle();
	}
	while (next(&type, &id, &len))
		total += type == MUX_DATA ? len : 0;
	CHECK(total == MUX_WINDOW);
	CHECK(frame(MUX_CREDIT, 1, more, 4));
	CHECK(next(&type, &id, &len) && type == MUX_DATA && len == 4096);
	CHECK(!next(&type, &id, &len));
	/* Without credit an end is still told, behind all data. */
	uint8_t lots[4] = { 0, 0x10, 0, 0 };
	close(worker[1]);
	worker[1] = -1;
	CHECK(frame(MUX_CREDIT, 1, lots, 4));
	total += 4096;
	while (next(&type, &id, &len) && type == MUX_DATA)
		total += len;
	CHECK(type == MUX_END && total == sent);
	teardown();
}

static void stalled_stream(void)
{
	static char data[MUX_PAYLOAD];
	char text[8];
	setup();
	CHECK(begin(1) && frame(MUX_OPEN, 1, NULL, 0) && frame(MUX_OPEN, 2, NULL, 0));
	for (int i = 0; i < MUX_WINDOW / MUX_PAYLOAD; i++)
		CHECK(frame(MUX_DATA, 1, data, sizeof data));
	/* 1 is full and nobody reads it; 2 goes on. */
	CHECK(frame(MUX_DATA, 2, "through", 7));
	CHECK(worker_read(2, text, sizeof text) == 7);
	/* The other way: 1 has more to say than the host gives credit for. */
	while (send(worker[1], data, sizeof data, MSG_DONTWAIT) > 0)
		settle();
	got_len = 0;
	CHECK(write(worker[2], "back", 4) == 4);
	settle();
	unsigned type;
	uint32_t id;
	size_t len;
	CHECK(next(&type, &id, &len) && id == 2 && len == 4);
	teardown();
}

static void many_streams(void)
{
	char data[2000];
	static size_t back[65];
	unsigned type;
	uint32_t id;
	size_t len;
	setup();
	CHECK(begin(1));
	memset(back, 0, sizeof back);
	for (uint32_t i = 1; i <= 64; i++)
		CHECK(frame(MUX_OPEN, i, NULL, 0));
	for (int round = 0; round < 20; round++)
		for (uint32_t i = 1; i <= 64; i++) {
			memset(data, (int)i, sizeof data);
			CHECK(frame(MUX_DATA, i, data, sizeof data));
			size_t n = worker_read(i, data, sizeof data);
			CHECK(n == sizeof data && data[0] == (char)i && data[n - 1] == (char)i);
			CHECK(write(worker[i], data, n) == (ssize_t)n);
		}
	settle();
	while (next(&type, &id, &len))
		if (type == MUX_DATA)
			back[id] += len;
	for (uint32_t i = 1; i <= 64; i++)
		CHECK(back[i] == 20 * sizeof data);
	teardown();
}

static void too_many_streams(void)
{
	unsigned type;
	uint32_t id;
	size_t len;
	int before = test_open_fds();
	setup();
	CHECK(begin(1));
	for (uint32_t i = 1; i <= MUX_STREAMS; i++)
		CHECK(frame(MUX_OPEN, i, NULL, 0));
	CHECK(m.count == MUX_STREAMS && !next(&type, &id, &len));
	/* In one go: more refusals than the list holds. */
	static uint8_t many[200 * MUX_HEADER];
	for (uint32_t i = 0; i < 200; i++)
		mux_put_header(many + i * MUX_HEADER, 0, 300 + i, MUX_OPEN);
	CHECK(put(many, sizeof many));
	int resets = 0;
	while (next(&type, &id, &len))
		resets += type == MUX_RESET && id >= 300 && id < 500;
	CHECK(resets == 200 && m.mode == MUX_SESSION);
	CHECK(frame(MUX_RESET, 9, NULL, 0) && m.count == MUX_STREAMS - 1 && worker_at_end(9));
	CHECK(frame(MUX_OPEN, 900, NULL, 0) && m.count == MUX_STREAMS);
	teardown();
	CHECK(test_open_fds() == before);
}

static void refused_by_the_machine(void)
{
	unsigned type;
	uint32_t id;
	size_t len;
	setup();
	CHECK(begin(1));
	refuse_streams = true;
	CHECK(frame(MUX_OPEN, 3, NULL, 0));
	CHECK(next(&type, &id, &len) && type == MUX_RESET && id == 3);
	CHECK(frame(MUX_DATA, 3, "x", 1) && m.mode == MUX_SESSION);
	teardown();
}

static void bad_frames(void)
{
	static const struct { uint32_t len, id; uint8_t type, tail; } bad[] = {
		{ 65537, 1, MUX_DATA, 0 }, { 0, 1, MUX_DATA, 0 }, { 0, 1, 0, 0 }, { 0, 1, 6, 0 },
		{ 1, 1, MUX_END, 0 }, { 3, 1, MUX_CREDIT, 0 }, { 0, 0, MUX_OPEN, 0 }, { 0, 1, MUX_OPEN, 0 },
		{ 0, 0x80000000u, MUX_OPEN, 0 }, { 0, 2, MUX_END, 0 }, { 0, 3, MUX_OPEN, 1 },
		{ 1, 3, MUX_OPEN, 0 }, { 0xffffffffu, 1, MUX_DATA, 0 }, { 4, 2, MUX_CREDIT, 0 },
	};
	for (size_t i = 0; i < countof(bad); i++) {
		uint8_t h[MUX_HEADER + 8] = { 0 };
		setup();
		CHECK(begin((uint8_t)(i + 1)) && frame(MUX_OPEN, 1, NULL, 0));
		mux_put_header(h, bad[i].len, bad[i].id, bad[i].type);
		h[11] = bad[i].tail;
		CHECK(put(h, MUX_HEADER + (bad[i].len < 8 ? bad[i].len : 0)));
		CHECK(m.mode == MUX_IDLE && m.count == 0 && worker_at_end(1));
		/* And a new session begins, on the same pipe. */
		CHECK(begin((uint8_t)(100 + i)) && frame(MUX_OPEN, 1, NULL, 0) && m.count == 1);
		teardown();
	}
}

static void end_and_data_after_end(void)
{
	setup();
	CHECK(begin(1) && frame(MUX_OPEN, 1, NULL, 0) && frame(MUX_END, 1, NULL, 0));
	CHECK(frame(MUX_END, 1, NULL, 0) && m.mode == MUX_SESSION);
	CHECK(frame(MUX_DATA, 1, "x", 1) && m.mode == MUX_IDLE);
	teardown();
	setup();
	uint8_t much[4] = { 0x7f, 0xff, 0xff, 0xff };
	CHECK(begin(1) && frame(MUX_OPEN, 1, NULL, 0) && frame(MUX_CREDIT, 1, much, 4));
	CHECK(m.mode == MUX_IDLE);
	teardown();
}

static void old_bytes_stay_old(void)
{
	/* A frame cut anywhere by the end of a connection, then the next session's nonce: nothing of it
	   reaches an old worker, and the nonce is found although the old session had begun to take it
	   for frame bytes. */
	static uint8_t cut[MUX_HEADER + 40];
	mux_put_header(cut, 40, 1, MUX_DATA);
	memset(cut + MUX_HEADER, 'o', 40);
	for (size_t n = 0; n < sizeof cut; n++) {
		char text[64];
		setup();
		CHECK(begin(1) && frame(MUX_OPEN, 1, NULL, 0));
		CHECK(put(cut, n));
		CHECK(begin(0xee));
		/* At most a whole frame, which the nonce completed: it went to the old worker only. */
		size_t taken = worker_read(1, text, sizeof text);
		CHECK((taken == 0 || taken == 40) && worker_at_end(1));
		CHECK(frame(MUX_OPEN, 1, NULL, 0) && frame(MUX_DATA, 1, "new", 3));
		CHECK(worker_read(1, text, sizeof text) == 3 && !memcmp(text, "new", 3));
		teardown();
	}
}

static void nonce_split(void)
{
	uint8_t nonce[MUX_NONCE];
	for (size_t i = 0; i < sizeof nonce; i++)
		nonce[i] = (uint8_t)(i * 37 + 1);
	for (size_t split = 0; split <= MUX_NONCE; split++) {
		setup();
		/* Noise that begins like the nonce, then the nonce in two pieces with frames behind it. */
		mux_begin(&m, nonce);
		CHECK(put("junk", 4) && put(nonce, 9) && put(nonce, split));
		CHECK(!begun || split == MUX_NONCE);
		CHECK(put(nonce + split, MUX_NONCE - split));
		CHECK(begun == 1);
		CHECK(frame(MUX_OPEN, 5, NULL, 0) && m.count == 1);
		teardown();
	}
}

static void hang_up(void)
{
	setup();
	CHECK(begin(1) && frame(MUX_OPEN, 1, NULL, 0));
	shutdown(host, SHUT_WR);
	settle();
	CHECK(m.mode == MUX_IDLE && m.count == 0 && worker_at_end(1));
	teardown();
}

static void connection_known_late(void)
{
	/* A virtio-serial port gives the first bytes of a connection and then says that nobody is there:
	   the session begins all the same, and its nonce is answered. */
	uint8_t nonce[MUX_NONCE] = "fedcba987654321";
	setup();
	CHECK(send(host, nonce, sizeof nonce, 0) == sizeof nonce);
	shutdown(host, SHUT_WR);
	mux_begin(&m, nonce);
	settle();
	CHECK(begun == 1 && got_len == MUX_NONCE && !memcmp(got, nonce, MUX_NONCE));
	teardown();
}

const struct test mux_tests[] = {
	{ "mux: round trip", round_trip },
	{ "mux: end by the guest", end_by_the_guest },
	{ "mux: credit from the guest", credit_from_the_guest },
	{ "mux: credit of the host", credit_of_the_host },
	{ "mux: a stalled stream", stalled_stream },
	{ "mux: 64 streams", many_streams },
	{ "mux: too many streams", too_many_streams },
	{ "mux: a stream that cannot be started", refused_by_the_machine },
	{ "mux: bad frames end the session", bad_frames },
	{ "mux: after END", end_and_data_after_end },
	{ "mux: old bytes stay old", old_bytes_stay_old },
	{ "mux: nonce at every split", nonce_split },
	{ "mux: hang-up", hang_up },
	{ "mux: a connection that is known late", connection_known_late },
	{ NULL, NULL },
};
