#include "peer.h"
#include "test.h"

#include "../frames.h"
#include "../ports.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static struct listeners l;

static void tables(void)
{
	static const char tcp[] =
		"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
		"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 11 1 0 100 0 0 10 0\n"
		"   1: 0100007F:1F91 0100007F:C000 01 00000000:00000000 00:00000000 00000000     0        0 12 1 0 20 4 0 10 -1\n"
		"   2: 00000000:0016 00000000:0000 0A x x x 0 0 13\n"
		"garbage\n   3: 0100007F 00000000:0000 0A 0:0 0:0 0 0 0 14\n   4: ZZ00007F:0016 00000000:0000 0A 0:0 0:0 0 0 0 15\n"
		"   5: 0100007F:0016 00000000:0000 0A 0:0 0:0 0 0 0 inode\n";
	static const char tcp6[] =
		"   0: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 21\n"
		"   1: B80D0120000000000000000001000000:0051 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 22";
	static const char udp[] =
		"   0: 3500007F:0035 00000000:0000 07 0:0 0:0 0 0 0 31\n"
		"   1: 3500007F:0036 0100007F:0001 07 0:0 0:0 0 0 0 32\n";
	memset(&l, 0, sizeof l);
	ports_parse(&l, tcp, true, false);
	CHECK(l.count == 2 && l.list[0].port == 8080 && l.list[0].inode == 11 && l.list[1].inode == 13);
	CHECK_TEXT(l.list[0].address, "127.0.0.1");
	CHECK_TEXT(l.list[1].address, "0.0.0.0");
	ports_parse(&l, tcp6, true, true);
	CHECK(l.count == 4);
	CHECK_TEXT(l.list[2].address, "::1");
	CHECK_TEXT(l.list[3].address, "2001:db8::1");
	ports_parse(&l, udp, false, false);
	CHECK(l.count == 5 && l.list[4].port == 53 && !strcmp(l.list[4].protocol, "udp"));
}

static void too_many(void)
{
	memset(&l, 0, sizeof l);
	for (int i = 0; i < PORTS_MAX + 10; i++)
		ports_parse(&l, "0: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0 0 0 1\n", true, false);
	CHECK(l.count == PORTS_MAX);
}

static void owners(void)
{
	const char *proc = test_dir();
	memset(&l, 0, sizeof l);
	ports_parse(&l, "0: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0 0 0 77\n"
			"0: 0100007F:1F91 00000000:0000 0A 0:0 0:0 0 0 0 78\n", true, false);
	static const char *const pids[] = { "1", "300", "40", "self" };
	for (unsigned i = 0; i < 4; i++) {
		char name[64];
		mkdir(test_path(proc, pids[i]), 0755);
		snprintf(name, sizeof name, "%s/fd", pids[i]);
		mkdir(test_path(proc, name), 0755);
		snprintf(name, sizeof name, "%s/fd/3", pids[i]);
		CHECK(symlink("socket:[77]", test_path(proc, name)) == 0);
		snprintf(name, sizeof name, "%s/comm", pids[i]);
		CHECK(test_write(test_path(proc, name), i == 2 ? "my server\n" : "other\n"));
	}
	ports_find_owners(&l, proc);
	CHECK(l.list[0].pid == 40);
	CHECK_TEXT(l.list[0].command, "my%20server");
	CHECK(l.list[1].pid == 0);
	CHECK_TEXT(l.list[1].command, "-");
}

static void encoding(void)
{
	char out[16];
	ports_encode(out, sizeof out, "a\x1b[%\xff");
	CHECK_TEXT(out, "a%1B[%25%FF");
	ports_encode(out, sizeof out, "");
	CHECK_TEXT(out, "-");
	ports_encode(out, sizeof out, "\n\n\n\n\n\n\n\n\n");
	CHECK(strlen(out) < sizeof out);
}

static int listen_on(unsigned *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) < 0 || listen(fd, 4) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &len) < 0)
		return -1;
	*port = ntohs(a.sin_port);
	return fd;
}

static void served(void)
{
	struct peer p;
	unsigned port = 0;
	char want[64];
	int fd = listen_on(&port);
	CHECK(fd >= 0);
	CHECK(peer_start(&p, true, -1) && peer_request(&p, "GET", "/ports", "", 0) && peer_answer(&p) && peer_all(&p));
	snprintf(want, sizeof want, "tcp 127.0.0.1 %u %d guest-test\n", port, (int)getpid());
	CHECK(p.status == 200 && strstr(p.in.p, want));
	peer_stop(&p);
	close(fd);
}

static void forwarded(void)
{
	struct peer p;
	unsigned port = 0;
	char target[64], data[70000];
	static char big[200000];
	int fd = listen_on(&port);
	CHECK(fd >= 0);
	snprintf(target, sizeof target, "/forward?port=%u", port);
	CHECK(peer_start(&p, true, -1) && peer_request(&p, "POST", target, "", 0) && peer_answer(&p));
	CHECK(p.status == 101);
	int conn = accept(fd, NULL, NULL);
	CHECK(conn >= 0 && peer_frame(&p, FRAME_IN, "question", 8));
	CHECK(read_all(conn, data, 8) && !memcmp(data, "question", 8));
	/* Each direction ends by itself. */
	CHECK(peer_frame(&p, FRAME_IN, NULL, 0) && read(conn, data, 1) == 0);
	memset(big, 'b', sizeof big);
	CHECK(write_all(conn, big, sizeof big));
	close(conn);
	CHECK(peer_frames(&p) && p.out.len == sizeof big && p.out_end && p.ended);
	peer_stop(&p);
	/* A host that goes away takes the connection along. */
	CHECK(peer_start(&p, true, -1) && peer_request(&p, "POST", target, "", 0) && peer_answer(&p));
	conn = accept(fd, NULL, NULL);
	close(p.fd);
	p.fd = -1;
	struct pollfd f = { conn, POLLIN, 0 };
	CHECK(poll(&f, 1, DEADLINE_MS) == 1 && read(conn, data, 1) <= 0);
	close(conn);
	peer_stop(&p);
	close(fd);
	/* Nobody listens; no number. */
	CHECK(peer_start(&p, true, -1) && peer_request(&p, "POST", target, "", 0) && peer_answer(&p));
	CHECK(p.status == 502);
	peer_stop(&p);
	CHECK(peer_start(&p, true, -1) && peer_request(&p, "POST", "/forward?port=0", "", 0) && peer_answer(&p));
	CHECK(p.status == 400);
	peer_stop(&p);
}

const struct test ports_tests[] = {
	{ "ports: the kernel's tables", tables }, { "ports: too many", too_many }, { "ports: owners", owners },
	{ "ports: encoding", encoding }, { "ports: served", served }, { "forward: TCP", forwarded }, { NULL, NULL },
};
