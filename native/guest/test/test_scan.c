/* What the guest did, as the host gets to hear it; contents. */
#include "host.h"
#include "test.h"

#include "../bigendian.h"
#include "../gitstate.h"
#include "../wire.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#define FILE_MODE (S_IFREG | 0644)

static struct host h;

static const struct thing tree[] = {
	{ ".gitignore", FILE_MODE, "*.o\n", 1000000000 }, { "a/b/c", FILE_MODE, "deep", 1000000001 },
	{ "a/d", FILE_MODE, "d", 1000000002 }, { "link", S_IFLNK | 0777, "a/d", 1000000003 },
	{ "module", MODE_SUBMODULE, "", 0 }, { "z", FILE_MODE, "zz", 1000000004 }, { 0 },
};
static const struct thing repository[] = {
	{ "HEAD", FILE_MODE, "ref: refs/heads/main\n", 0 },
	{ "packed-refs", FILE_MODE, "# pack-refs with: peeled\n0123456789012345678901234567890123456789 refs/heads/main\n"
				    "2123456789012345678901234567890123456789 refs/tags/v1\n^3123456789012345678901234567890123456789\n", 0 },
	{ "refs/remotes/origin/HEAD", FILE_MODE, "ref: refs/heads/main\n", 0 }, { 0 },
};
#define UNTOUCHED                                                                                  \
	"state=complete\nhead=ref: refs/heads/main\ngit=1\nREF 01234567 refs/heads/main\n"         \
	"REF 01234567 refs/remotes/origin/HEAD\nREF 21234567 refs/tags/v1\n"

static bool set_up(void)
{
	return host_start(&h) && host_prepare(&h, "format=sha1\n", tree, repository);
}

static const char *tail(void)
{
	return strstr(h.said.p, "refs/tags/v1\n") + 13;
}

static void nothing_done(void)
{
	CHECK(host_start(&h) && host_scan(&h, NULL));
	CHECK_TEXT(h.said.p, "state=none\nSCANNED\n");
	CHECK(host_prepare(&h, "format=sha1\n", tree, repository) && host_scan(&h, NULL));
	CHECK_TEXT(h.said.p, UNTOUCHED "LEVEL 0\nSCANNED\n");
	host_end(&h);
}

static void changed_and_deleted(void)
{
	CHECK(set_up());
	/* Same size, and the time it had: the change time gives it away. */
	struct timeval old[2] = { { 1000000004, 0 }, { 1000000004, 0 } };
	CHECK(test_write(host_path(&h, "z"), "yy") && utimes(host_path(&h, "z"), old) == 0);
	CHECK(unlink(host_path(&h, "link")) == 0 && test_write(host_path(&h, "link"), "a file"));
	CHECK(unlink(host_path(&h, "a/b/c")) == 0 && mkdir(host_path(&h, "a/b/c"), 0755) == 0 && test_write(host_path(&h, "a/b/c/d"), "x"));
	CHECK(unlink(host_path(&h, "a/d")) == 0 && mkfifo(host_path(&h, "a/d"), 0644) == 0);
	CHECK(chmod(host_path(&h, ".gitignore"), 0755) == 0 && rmdir(host_path(&h, "module")) == 0);
	CHECK(host_scan(&h, NULL));
	CHECK_TEXT(tail(), "CHANGED 100755 .gitignore 5761abcf\nCHANGED 100644 link aeef4265\nCHANGED 100644 z 46819b39\n"
			   "DELETED a/b/c\nDELETED a/d\nDELETED module\nIGNORE .gitignore 4\nNAME d a/b/c\nNAME o a/d\nLEVEL 2\n"
			   "NAME f a/b/c/d\nLEVEL 1\nNEW 100644 a/b/c/d c1b0730e\nLEVEL 0\nSCANNED\n");
	host_end(&h);
}

static void level_by_level(void)
{
	CHECK(set_up());
	CHECK(mkdir(host_path(&h, "new"), 0755) == 0 && mkdir(host_path(&h, "new/in"), 0755) == 0 &&
	      mkdir(host_path(&h, "node_modules"), 0755) == 0 && mkdir(host_path(&h, "repo"), 0755) == 0 &&
	      mkdir(host_path(&h, "repo/.git"), 0755) == 0 && mkdir(host_path(&h, "a/b/.git"), 0755) == 0);
	CHECK(test_write(host_path(&h, "new/in/x"), "x") && test_write(host_path(&h, "new/.gitignore"), "in\n") &&
	      test_write(host_path(&h, "node_modules/never"), "x") && test_write(host_path(&h, "a/b/unseen"), "x") &&
	      test_write(host_path(&h, "repo/unseen"), "x") && test_write(host_path(&h, "module/its-own"), "x") &&
	      test_write(host_path(&h, "a/.banger-partial"), "x") && symlink("/etc", host_path(&h, "new/out")) == 0);
	CHECK(host_scan(&h, "node_modules"));
	CHECK_TEXT(tail(), "NAME r a/b\nNAME d new\nNAME d node_modules\nNAME r repo\nLEVEL 4\n"
			   "IGNORE new/.gitignore 3\nNAME f new/.gitignore\nNAME d new/in\nNAME l new/out\nLEVEL 3\n"
			   "NEW 100644 new/.gitignore 4935e88d\nNEW 120777 new/out 34ed534f\nNAME f new/in/x\nLEVEL 1\n"
			   "NEW 100644 new/in/x c1b0730e\nLEVEL 0\nSCANNED\n");
	host_end(&h);
}

static void hashed_once(void)
{
	CHECK(set_up());
	/* Touched, with the content it had: hashed by the first scan, whose record serves the next. The clock of
	   files must have gone on in between. */
	struct timeval then[2] = { { 2000000000, 0 }, { 2000000000, 0 } };
	CHECK(utimes(host_path(&h, "z"), then) == 0 && host_scan(&h, NULL));
	CHECK_TEXT(tail(), "LEVEL 0\nSCANNED\n");
	then[0].tv_sec = then[1].tv_sec = 1500000000;
	CHECK(utimes(host_path(&h, "z"), then) == 0 && host_scan(&h, NULL));
	CHECK_TEXT(tail(), "LEVEL 0\nSCANNED\n");
	/* Unreadable now, so a scan that hashed it would say so. Only where rights count for the one who runs this. */
	if (geteuid() != 0) {
		CHECK(chmod(host_path(&h, "z"), 0) == 0);
		CHECK(!host_scan(&h, NULL));
	}
	host_end(&h);
}

static void git_moves(void)
{
	CHECK(set_up());
	CHECK(test_write(host_path(&h, ".git/HEAD"), "9123456789012345678901234567890123456789\n") &&
	      test_write(host_path(&h, ".git/MERGE_HEAD"), "a123456789012345678901234567890123456789\nb123456789012345678901234567890123456789\n") &&
	      mkdir(host_path(&h, ".git/refs/heads"), 0755) == 0 &&
	      test_write(host_path(&h, ".git/refs/heads/main"), "c123456789012345678901234567890123456789\n") &&
	      test_write(host_path(&h, ".git/refs/heads/x.lock"), "d123456789012345678901234567890123456789\n") &&
	      test_write(host_path(&h, ".git/refs/heads/bad"), "not an id\n") &&
	      mkdir(host_path(&h, ".git/logs"), 0755) == 0 && mkdir(host_path(&h, ".git/logs/refs"), 0755) == 0);
	CHECK(test_write(host_path(&h, ".git/logs/refs/stash"),
			 "0000000000000000000000000000000000000000 e123456789012345678901234567890123456789 a <b> 1 +0000\tone\n"
			 "e123456789012345678901234567890123456789 f123456789012345678901234567890123456789 a <b> 2 +0000\ttwo\n"));
	CHECK(host_scan(&h, NULL));
	CHECK_TEXT(h.said.p, "state=complete\nhead=9123456789012345678901234567890123456789\ngit=2\nREF c1234567 refs/heads/main\n"
			     "REF c1234567 refs/remotes/origin/HEAD\nREF 21234567 refs/tags/v1\nREF 91234567 HEAD\n"
			     "REF a1234567 MERGE_HEAD\nREF b1234567 MERGE_HEAD@{1}\nREF e1234567 refs/stash@{1}\n"
			     "REF f1234567 refs/stash@{0}\nLEVEL 0\nSCANNED\n");
	/* A HEAD of no use, refs that are links or go round in circles: nothing is followed. */
	CHECK(unlink(host_path(&h, ".git/HEAD")) == 0 && symlink("/etc/passwd", host_path(&h, ".git/HEAD")) == 0 &&
	      unlink(host_path(&h, ".git/packed-refs")) == 0 && symlink("/dev/zero", host_path(&h, ".git/packed-refs")) == 0 &&
	      unlink(host_path(&h, ".git/MERGE_HEAD")) == 0 && mkfifo(host_path(&h, ".git/MERGE_HEAD"), 0644) == 0 &&
	      test_write(host_path(&h, ".git/refs/heads/main"), "ref: refs/remotes/origin/HEAD") &&
	      test_write(host_path(&h, ".git/refs/remotes/origin/HEAD"), "ref: refs/heads/main") &&
	      unlink(host_path(&h, ".git/logs/refs/stash")) == 0 && symlink("/", host_path(&h, ".git/logs/refs/stash")) == 0);
	CHECK(host_scan(&h, NULL));
	CHECK_TEXT(h.said.p, "state=complete\ngit=2\nLEVEL 0\nSCANNED\n");
	host_end(&h);
}

static void contents(void)
{
	static const char *const paths[] = { "z", "link", "nope", "a", ".git/HEAD", "a/d/x", "fifo", "out/passwd", "a/b/c", NULL };
	CHECK(set_up() && mkfifo(host_path(&h, "fifo"), 0644) == 0 && symlink("/etc", host_path(&h, "out")) == 0);
	CHECK(host_read(&h, paths));
	CHECK(strstr(h.said.p, "FILE 100644 z\nzz\nFILED\nFILE 120777 link\na/d\nFILED\nMISSING nope\nFILE 40755 a\n") == h.said.p);
	CHECK(strstr(h.said.p, "\nFILED\nFILE 100644 .git/HEAD\nref: refs/heads/main\n\nFILED\nMISSING a/d/x\nMISSING fifo\n"
			       "MISSING out/passwd\nFILE 100644 a/b/c\ndeep\nFILED\nREAD\n"));
	CHECK(strstr(h.said.p, "db|") && strstr(h.said.p, "fd|"));
	host_end(&h);
}

static bool sh(const char *command)
{
	char full[900];
	snprintf(full, sizeof full, "cd %s && export HOME=/ GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a "
		 "GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a && { %s; } >/dev/null 2>&1", h.top, command);
	return system(full) == 0;
}

static bool index_digest(size_t id_len, uint8_t out[SHA256_LEN])
{
	size_t len;
	char *data = read_file_at(AT_FDCWD, host_path(&h, ".git/index"), 1 << 20, &len);
	if (data)
		git_index_digest((uint8_t *)data, len, id_len, out);
	free(data);
	return data != NULL;
}

/* Git's own index in each version: only what it says counts. */
static void git_index(void)
{
	if (system("git --version >/dev/null 2>&1")) {
		printf("  no git here: its index is not tried\n");
		return;
	}
	static const char *const formats[] = { "sha1", "sha256" };
	for (int f = 0; f < 2; f++) {
		char init[100];
		uint8_t base[SHA256_LEN], now[SHA256_LEN];
		size_t id_len = f ? SHA256_LEN : SHA1_LEN;
		CHECK(host_start(&h) && mkdir(h.top, 0755) == 0);
		snprintf(init, sizeof init, "git init -q --object-format=%s && mkdir -p d/e && touch x xy d/e/f d/e/file-of-some-length", formats[f]);
		CHECK(sh(init) && sh("git add . && git commit -qm x && git update-index --index-version 2 --force-write-index"));
		CHECK(index_digest(id_len, base));
		for (char version = '3'; version <= '4'; version++) {
			char command[300];
			snprintf(command, sizeof command, "%s git update-index --index-version %c --force-write-index",
				 version == '3' ? "git update-index --skip-worktree xy &&" : "git update-index --no-skip-worktree xy &&", version);
			CHECK(sh(command) && index_digest(id_len, now) && !memcmp(base, now, sizeof now));
		}
		CHECK(sh("touch x d/e/f && git status") && index_digest(id_len, now) && !memcmp(base, now, sizeof now));
		CHECK(sh("echo 1 > x && git add x") && index_digest(id_len, now) && memcmp(base, now, sizeof now));
		CHECK(sh("git reset -q --hard") && index_digest(id_len, now) && !memcmp(base, now, sizeof now));
		CHECK(sh("git update-index --chmod=+x x") && index_digest(id_len, now) && memcmp(base, now, sizeof now));
		/* Entries that are somewhere else: not taken for an index without any. */
		CHECK(sh("git reset -q --hard && git update-index --split-index") && index_digest(id_len, now) && memcmp(base, now, sizeof now));
		host_end(&h);
	}
}

static void digests(void)
{
	static const struct { const char *text, *sha1, *sha256; } known[] = {
		{ "", "da39a3ee5e6b4b0d3255bfef95601890afd80709", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "a9993e364706816aba3e25717850c26c9cd0d89d", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	};
	for (size_t i = 0; i < countof(known); i++)
		for (int kind = 0; kind < 2; kind++) {
			struct digest d;
			uint8_t out[DIGEST_MAX];
			char hex[2 * DIGEST_MAX + 1];
			digest_start(&d, kind);
			for (const char *p = known[i].text; *p; p++)
				digest_add(&d, p, 1);
			digest_end(&d, out);
			hex_encode(out, kind ? SHA256_LEN : SHA1_LEN, hex);
			CHECK_TEXT(hex, kind ? known[i].sha256 : known[i].sha1);
		}
	/* Every length around the blocks, in one piece and in two, comes to the same. */
	static uint8_t data[300];
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (uint8_t)test_random();
	for (size_t n = 0; n < sizeof data; n++)
		for (int kind = 0; kind < 2; kind++) {
			struct digest d;
			uint8_t a[DIGEST_MAX], b[DIGEST_MAX];
			digest_start(&d, kind);
			digest_add(&d, data, n);
			digest_end(&d, a);
			digest_start(&d, kind);
			digest_add(&d, data, n / 3);
			digest_add(&d, data + n / 3, n - n / 3);
			digest_end(&d, b);
			CHECK(!memcmp(a, b, kind ? SHA256_LEN : SHA1_LEN));
		}
}

const struct test scan_tests[] = {
	{ "scan: nothing done", nothing_done }, { "scan: changed and deleted", changed_and_deleted },
	{ "scan: level by level", level_by_level }, { "scan: what was hashed is remembered", hashed_once },
	{ "scan: git moves", git_moves }, { "scan: contents", contents }, { "scan: git's index", git_index },
	{ "scan: digests", digests }, { NULL, NULL },
};
