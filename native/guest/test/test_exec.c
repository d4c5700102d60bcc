#include "peer.h"
#include "test.h"

#include "../execspec.h"
#include "../frames.h"
#include "../users.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct peer p;
static struct buf spec;

static void base(void)
{
	char uid[16];
	buf_free(&spec);
	snprintf(uid, sizeof uid, "%d", (int)getuid());
	spec_text(&spec, "user", uid);
}

static bool start(void)
{
	bool ok = EXPECT(peer_start(&p, true, -1)) &&
		  EXPECT(peer_request(&p, "POST", "/exec", spec.p, spec.len)) && EXPECT(peer_answer(&p));
	buf_free(&spec);
	return ok;
}

static bool shell(const char *command)
{
	base();
	spec_text(&spec, "arg", "sh");
	spec_text(&spec, "arg", "-c");
	spec_text(&spec, "arg", command);
	return start() && EXPECT(p.status == 101);
}

static void argument_bytes(void)
{
	static const char all[] = "\x01\x7f\x80\xff\n a'\"$`\\";
	static char big[100001];
	memset(big, 'x', sizeof big - 1);
	base();
	spec_text(&spec, "arg", "printf");
	spec_text(&spec, "arg", "%s|");
	spec_add(&spec, "arg", all, sizeof all - 1);
	spec_text(&spec, "arg", "");
	spec_text(&spec, "arg", big);
	CHECK(start() && p.status == 101 && peer_frames(&p));
	CHECK(p.exit == 0 && p.out.len == sizeof all + 1 + sizeof big);
	CHECK(!memcmp(p.out.p, all, sizeof all - 1) && !memcmp(p.out.p + sizeof all - 1, "||x", 3));
	CHECK(p.out_end);
	peer_stop(&p);
}

static void exit_statuses(void)
{
	static const struct { const char *command; int status; } cases[] = {
		{ "exit 0", 0 }, { "exit 1", 1 }, { "exit 255", 255 }, { "kill -9 $$", 137 }, { "kill -TERM $$", 143 },
	};
	for (size_t i = 0; i < countof(cases); i++) {
		CHECK(shell(cases[i].command) && peer_frames(&p));
		if (p.exit != cases[i].status)
			test_fail(__FILE__, __LINE__, "%s: %d", cases[i].command, p.exit);
		peer_stop(&p);
	}
}

static void not_run(void)
{
	const char *dir = test_dir();
	const char *plain = test_path(dir, "plain"), *noshell = test_path(dir, "noshell");
	const char *headless = test_path(dir, "headless"), *dead = test_path(dir, "dead");
	CHECK(test_write(plain, "x") && test_write(noshell, "#!/no/such/interpreter\n") &&
	      test_write(headless, "echo from $1\n"));
	chmod(noshell, 0755);
	chmod(headless, 0755);
	(void)dead;
	const struct { const char *name; int status; } cases[] = {
		{ "banger-no-such-command", 127 }, { "/no/such/file", 127 }, { plain, 126 }, { noshell, 126 },
		{ dir, 126 }, { "", 127 },
	};
	for (size_t i = 0; i < countof(cases); i++) {
		base();
		spec_text(&spec, "arg", cases[i].name);
		CHECK(start() && p.status == 101 && peer_frames(&p));
		if (p.exit != cases[i].status || !p.why.len)
			test_fail(__FILE__, __LINE__, "\"%s\": %d, %s", cases[i].name, p.exit, p.why.p ? p.why.p : "no reason");
		peer_stop(&p);
	}
	/* A script without a first line runs, as from any shell. */
	base();
	spec_text(&spec, "arg", headless);
	spec_text(&spec, "arg", "here");
	CHECK(start() && peer_frames(&p) && p.exit == 0);
	CHECK_TEXT(p.out.p, "from here\n");
	peer_stop(&p);
}

static void refused(void)
{
	static const struct { const char *key, *value; } bad[] = {
		{ "cwd", "/no/such/directory" }, { "cwd", "relative" }, { "user", "no-such-user-here" },
		{ "env", "NOEQUALS" }, { "env", "=x" }, { "tty", "80 24" }, { "tty", "80 24 xterm more" },
		{ "tty", "x 24 xterm" }, { "login", "2" }, { "unknown", "x" },
	};
	for (size_t i = 0; i < countof(bad); i++) {
		buf_free(&spec);
		spec_text(&spec, "arg", "true");
		spec_text(&spec, bad[i].key, bad[i].value);
		CHECK(start());
		if (p.status != 400)
			test_fail(__FILE__, __LINE__, "%s=%s: %d", bad[i].key, bad[i].value, p.status);
		peer_stop(&p);
	}
	static const char *const raw[] = { "", "arg=a", "arg=YQA=\n", "arg\n", "\n", "arg=YWI=\narg" };
	for (size_t i = 0; i < countof(raw); i++) {
		buf_free(&spec);
		buf_add(&spec, raw[i], strlen(raw[i]));
		CHECK(start());
		if (p.status != 400)
			test_fail(__FILE__, __LINE__, "raw case %zu: %d", i, p.status);
		peer_stop(&p);
	}
}

static void environment(void)
{
	struct user u = { .name = "joe", .home = "/home/joe", .shell = "/bin/zsh" };
	static struct execspec s;
	memset(&s, 0, sizeof s);
	static char a[] = "B=ours", b[] = "PATH=/last";
	s.env[s.envc++] = a;
	s.env[s.envc++] = b;
	char **e = execspec_environment(&s, &u, "A=1\nB=image\n=bad\nbad\n\nHOME=/image\nC=x=y");
	CHECK(e);
	CHECK_TEXT(e[0], "PATH=/last");
	CHECK_TEXT(e[1], "HOME=/image");
	CHECK_TEXT(e[2], "USER=joe");
	CHECK_TEXT(e[6], "A=1");
	CHECK_TEXT(e[7], "B=ours");
	CHECK_TEXT(e[8], "C=x=y");
	CHECK(!e[9]);
	execspec_free(&s);
}

static void accounts(void)
{
	const char *dir = test_dir();
	struct user u;
	mkdir(test_path(dir, "etc"), 0755);
	CHECK(test_write(test_path(dir, "etc/passwd"),
			 "bad line\nroot:x:0:0:r:/root:/bin/bash\njoe:x:1000:1001:J:/home/joe:\nx:y:z:0::/:/\n"));
	CHECK(test_write(test_path(dir, "etc/group"), "a:x:20:joe\nb:x:21:ann,joe\nc:x:22:joey\nd:x:23:\nown:x:1001:joe\n"));
	int root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	CHECK(users_find(root, "joe", &u) && u.uid == 1000 && u.gid == 1001 && u.group_count == 3);
	CHECK(u.groups[0] == 1001 && u.groups[1] == 20 && u.groups[2] == 21);
	CHECK_TEXT(u.shell, "/bin/sh");
	CHECK(users_find(root, "1000", &u) && !strcmp(u.name, "joe"));
	CHECK(users_find(root, "4711", &u) && u.uid == 4711 && u.gid == 4711 && !strcmp(u.home, "/"));
	CHECK(!users_find(root, "nobody", &u) && !users_find(root, "-1", &u) && !users_find(root, "4294967295", &u));
	CHECK(users_find(root, "root", &u) && !strcmp(u.shell, "/bin/bash"));
	unlink(test_path(dir, "etc/passwd"));
	CHECK(users_find(root, "root", &u) && u.uid == 0 && !strcmp(u.home, "/root"));
	close(root);
}

static void input_and_its_end(void)
{
	static char big[3 << 20];
	for (size_t i = 0; i < sizeof big; i++)
		big[i] = (char)test_random();
	base();
	spec_text(&spec, "arg", "cat");
	CHECK(start() && p.status == 101);
	for (size_t at = 0; at < sizeof big; at += 60000)
		CHECK(peer_frame(&p, FRAME_IN, big + at, sizeof big - at < 60000 ? sizeof big - at : 60000));
	CHECK(p.exit == -1 && peer_frame(&p, FRAME_IN, NULL, 0) && peer_frames(&p));
	CHECK(p.exit == 0 && p.out.len == sizeof big && !memcmp(p.out.p, big, sizeof big));
	peer_stop(&p);
	/* A command that does not read its input still ends. */
	CHECK(shell("exec <&-; sleep 0.1; exit 4"));
	for (int i = 0; i < 20; i++)
		peer_frame(&p, FRAME_IN, big, 60000);
	CHECK(peer_frames(&p) && p.exit == 4);
	peer_stop(&p);
}

static void big_output(void)
{
	CHECK(shell("head -c 5000000 /dev/zero; echo e >&2; head -c 7 /dev/zero") && peer_frames(&p));
	CHECK(p.exit == 0 && p.out.len == 5000007);
	CHECK_TEXT(p.err.p, "e\n");
	peer_stop(&p);
}

static void slow_reader(void)
{
	/* The command is long gone before the first byte is read: nothing is lost all the same. */
	char command[300];
	const char *marker = test_path(test_dir(), "marker");
	int64_t until = now_ms() + DEADLINE_MS;
	snprintf(command, sizeof command, "head -c 60000 /dev/zero; echo $$ > %s; exit 3", marker);
	CHECK(shell(command));
	while (access(marker, F_OK) < 0 && now_ms() < until)
		poll(NULL, 0, 5);
	CHECK(peer_frames(&p) && p.exit == 3 && p.out.len == 60000);
	peer_stop(&p);
}

static void signals(void)
{
	uint8_t usr1 = SIGUSR1, zero = 0;
	CHECK(shell("trap 'echo got; exit 9' USR1; echo up; while :; do sleep 0.01; done"));
	CHECK(peer_until(&p, "up\n") && peer_frame(&p, FRAME_SIGNAL, &usr1, 1) && peer_frames(&p));
	CHECK(p.exit == 9);
	CHECK_TEXT(p.out.p, "up\ngot\n");
	peer_stop(&p);
	/* The whole group: the shell's child too. */
	uint8_t term = SIGTERM;
	CHECK(shell("sleep 100; echo $?") && peer_frame(&p, FRAME_SIGNAL, &term, 1) && peer_frames(&p));
	CHECK(p.exit == 143 && !p.out.len);
	peer_stop(&p);
	/* Breaking the rules ends it. */
	CHECK(shell("sleep 100") && peer_frame(&p, FRAME_SIGNAL, &zero, 1) && peer_frames(&p));
	CHECK(p.exit == -1 && p.ended);
	peer_stop(&p);
}

static void background_child(void)
{
	CHECK(shell("sleep 20 & echo done; exit 5") && peer_frames(&p));
	CHECK(p.exit == 5);
	CHECK_TEXT(p.out.p, "done\n");
	peer_stop(&p);
	/* One that never stops talking does not hold it up either. */
	CHECK(shell("yes & sleep 0.05; exit 6") && peer_frames(&p));
	CHECK(p.exit == 6);
	peer_stop(&p);
}

static bool process_gone(pid_t pid)
{
	int64_t until = now_ms() + DEADLINE_MS;
	while (kill(pid, 0) == 0 && now_ms() < until)
		poll(NULL, 0, 5);
	return kill(pid, 0) < 0;
}

static void host_vanishes(void)
{
	const char *dir = test_dir();
	char command[400];
	/* Ends by the hang-up signal; a grandchild that ignores it is made to. (The shell waits in `wait`:
	   a signal while it starts a command, with vfork, can lose its trap.) */
	snprintf(command, sizeof command,
		 "(trap '' HUP; sleep 60) & trap 'echo hup > %s/hup; exit' HUP; echo $! $$; "
		 "sleep 60 & wait", dir);
	CHECK(shell(command) && peer_until(&p, "\n"));
	int child = 0, leader = 0;
	CHECK(sscanf(p.out.p, "%d %d", &child, &leader) == 2);
	close(p.fd);
	p.fd = -1;
	CHECK(process_gone(leader));
	CHECK(process_gone(child));
	CHECK_TEXT(test_read(test_path(dir, "hup")), "hup\n");
	peer_stop(&p);
	/* The same while input of the host fills the way in. */
	static char big[60000];
	CHECK(shell("echo $$; sleep 100") && peer_until(&p, "\n"));
	leader = atoi(p.out.p);
	struct pollfd f = { p.fd, POLLOUT, 0 };
	while (poll(&f, 1, 100) == 1 && f.revents & POLLOUT)
		peer_frame(&p, FRAME_IN, big, 1000);
	close(p.fd);
	p.fd = -1;
	CHECK(process_gone(leader));
	peer_stop(&p);
}

static void terminal(void)
{
	uint8_t size[4] = { 0, 132, 0, 50 };
	base();
	spec_text(&spec, "tty", "100 30 vt100");
	spec_text(&spec, "arg", "sh");
	spec_text(&spec, "arg", "-c");
	spec_text(&spec, "arg", "stty size; echo $TERM; [ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo tty; "
				"read line; echo \"<$line>\"; stty size; cat; exit 8");
	CHECK(start() && p.status == 101);
	CHECK(peer_until(&p, "30 100\r\nvt100\r\ntty\r\n"));
	CHECK(peer_frame(&p, FRAME_SIZE, size, 4) && peer_frame(&p, FRAME_IN, "typed\r", 6));
	CHECK(peer_until(&p, "<typed>\r\n50 132\r\n"));
	CHECK(peer_frame(&p, FRAME_IN, "x\r", 2) && peer_until(&p, "x\r\nx\r\n"));
	/* The end of input is typed. */
	CHECK(peer_frame(&p, FRAME_IN, NULL, 0) && peer_frames(&p) && p.exit == 8);
	peer_stop(&p);
	/* Ctrl-C reaches the foreground. */
	base();
	spec_text(&spec, "tty", "80 24 dumb");
	spec_text(&spec, "arg", "sh");
	spec_text(&spec, "arg", "-c");
	spec_text(&spec, "arg", "trap 'exit 130' INT; echo up; while :; do sleep 0.02; done");
	CHECK(start() && peer_until(&p, "up") && peer_frame(&p, FRAME_IN, "\x03", 1) && peer_frames(&p));
	CHECK(p.exit == 130);
	peer_stop(&p);
}

static void login_shell(void)
{
	base();
	spec_text(&spec, "login", "1");
	spec_text(&spec, "arg", "sh");
	spec_text(&spec, "arg", "-c");
	spec_text(&spec, "arg", "cat /proc/$$/cmdline");
	CHECK(start() && peer_frames(&p) && p.exit == 0 && p.out.len > 4);
	CHECK(!strncmp(p.out.p, "-sh", 3));
	peer_stop(&p);
}

static void clean_start(void)
{
	/* No descriptor of ours, no ignored signal, its own group and session, the umask everybody has. */
	CHECK(shell("for i in 3 4 5 6 7 8 9 10 11 12 13 14 15; do [ -e /proc/$$/fd/$i ] && echo leaked $i; done; "
		    "grep SigIgn /proc/$$/status; umask; "
		    "cut -d' ' -f1,5,6 /proc/$$/stat") && peer_frames(&p) && p.exit == 0);
	int pid = 0, group = 1, session = 2;
	char ignored[32] = "", mask[16] = "";
	CHECK(!strstr(p.out.p, "leaked"));
	CHECK(sscanf(p.out.p, "SigIgn: %31s %15s %d %d %d", ignored, mask, &pid, &group, &session) == 5);
	CHECK_TEXT(ignored, "0000000000000000");
	CHECK_TEXT(mask, "0022");
	CHECK(pid == group && pid == session);
	peer_stop(&p);
}

static void frames_with_the_request(void)
{
	/* Frames that came in the same read as the description. */
	static const char cat[] = "arg=Y2F0\n";
	char text[300];
	int n = snprintf(text, sizeof text, "POST /exec HTTP/1.1\r\nContent-Length: %zu\r\n\r\n%s", sizeof cat - 1, cat);
	memcpy(text + n, "\0\0\0\2hi\0\0\0\0", 10);
	CHECK(peer_start(&p, true, -1) && peer_send(&p, text, (size_t)n + 10) && peer_answer(&p));
	CHECK(peer_frames(&p) && p.exit == 0);
	CHECK_TEXT(p.out.p, "hi");
	peer_stop(&p);
}

const struct test exec_tests[] = {
	{ "exec: argument bytes", argument_bytes }, { "exec: statuses", exit_statuses },
	{ "exec: not run", not_run }, { "exec: refused", refused }, { "exec: environment", environment },
	{ "exec: users and groups", accounts }, { "exec: input and its end", input_and_its_end },
	{ "exec: big output", big_output }, { "exec: slow reader", slow_reader }, { "exec: signals", signals },
	{ "exec: background child", background_child }, { "exec: host vanishes", host_vanishes },
	{ "exec: terminal", terminal }, { "exec: login", login_shell }, { "exec: clean start", clean_start },
	{ "exec: frames with the request", frames_with_the_request }, { NULL, NULL },
};
