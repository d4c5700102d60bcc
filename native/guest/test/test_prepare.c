/* Deliveries, from the first to those that meet what the guest did. */
#include "host.h"
#include "test.h"

#include "../ledger.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#define FILE_MODE (S_IFREG | 0644)
#define PROGRAM (S_IFREG | 0755)
#define LINK (S_IFLNK | 0777)

static struct host h;

static const struct thing first[] = {
	{ "a-b", FILE_MODE, "between in order", 1000000000 }, { "a/b/c", FILE_MODE, "deep", 1000000001 },
	{ "a/run", PROGRAM, "#!", 1000000002 }, { "empty", FILE_MODE, "", 1000000003 },
	{ "link", LINK, "a/run", 1000000004 }, { "module", MODE_SUBMODULE, "", 0 }, { 0 },
};
static const struct thing repository[] = {
	{ "HEAD", FILE_MODE, "ref: refs/heads/main\n", 0 }, { "objects/pack", S_IFDIR | 0755, "", 0 },
	{ "packed-refs", FILE_MODE, "0123456789012345678901234567890123456789 refs/heads/main\n", 0 },
	{ "refs/heads", S_IFDIR | 0755, "", 0 }, { 0 },
};

static bool file_is(const char *name, const char *text, mode_t mode, time_t mtime)
{
	struct stat st;
	const char *path = host_path(&h, name), *got = test_read(path);
	return EXPECT(got && !strcmp(got, text)) && EXPECT(lstat(path, &st) == 0) && EXPECT(st.st_mode == mode) &&
	       EXPECT(st.st_mtime == mtime);
}

static bool there(const char *name)
{
	struct stat st;
	return lstat(host_path(&h, name), &st) == 0;
}

static void delivered(void)
{
	char target[64] = "";
	struct stat st;
	CHECK(host_start(&h) && host_prepare(&h, "format=sha1\n", first, repository));
	CHECK_TEXT(h.said.p, "WANT 0\nWANT 1\nWANT 2\nWANT 3\nWANT 4\nGIT 0\nDONE 5 105\n");
	CHECK(file_is("a-b", "between in order", FILE_MODE, 1000000000) && file_is("a/b/c", "deep", FILE_MODE, 1000000001));
	CHECK(file_is("a/run", "#!", PROGRAM, 1000000002) && file_is("empty", "", FILE_MODE, 1000000003));
	CHECK(readlink(host_path(&h, "link"), target, sizeof target - 1) == 5);
	CHECK_TEXT(target, "a/run");
	CHECK(lstat(host_path(&h, "link"), &st) == 0 && st.st_mtime == 1000000004);
	CHECK(there("module") && there(".git/objects/pack") && there(".git/refs/heads"));
	CHECK_TEXT(test_read(host_path(&h, ".git/HEAD")), "ref: refs/heads/main\n");
	/* Once more: nothing is wanted. */
	CHECK(host_prepare(&h, "format=sha1\n", first, repository));
	CHECK_TEXT(h.said.p, "GIT 1\nDONE 0 78\n");
	host_end(&h);
}

static void host_moves_on(void)
{
	static const struct thing second[] = {
		{ "a-b", FILE_MODE, "between in order", 1000009000 }, { "a/run", FILE_MODE, "#!", 1000000002 },
		{ "empty", LINK, "a-b", 1000000003 }, { "link", FILE_MODE, "a file now", 1000000004 }, { "new/x", FILE_MODE, "x", 1 },
		{ 0 },
	};
	CHECK(host_start(&h) && host_prepare(&h, "format=sha1\n", first, repository));
	CHECK(host_prepare(&h, "format=sha1\n", second, repository));
	/* Content that is there already is not sent for another time or mode. */
	CHECK_TEXT(h.said.p, "REMOVED a/b/c\nWANT 2\nWANT 3\nREMOVED module\nWANT 4\nGIT 1\nDONE 3 92\n");
	CHECK(file_is("a-b", "between in order", FILE_MODE, 1000009000) && file_is("a/run", "#!", FILE_MODE, 1000000002));
	CHECK(file_is("link", "a file now", FILE_MODE, 1000000004) && file_is("new/x", "x", FILE_MODE, 1));
	CHECK(!there("a/b") && there("a") && !there("module"));
	/* A directory becomes a file, a file a directory. */
	static const struct thing third[] = {
		{ "a", FILE_MODE, "no directory", 5 }, { "a-b", FILE_MODE, "between in order", 1000009000 },
		{ "empty/below", FILE_MODE, "y", 6 }, { 0 },
	};
	CHECK(host_prepare(&h, "format=sha1\n", third, repository));
	CHECK_TEXT(h.said.p, "WANT 0\nREMOVED a/run\nREMOVED empty\nWANT 2\nREMOVED link\nREMOVED new/x\nGIT 1\nDONE 2 91\n");
	CHECK(file_is("a", "no directory", FILE_MODE, 5) && file_is("empty/below", "y", FILE_MODE, 6) && !there("new"));
	host_end(&h);
}

static void guest_edits(void)
{
	static const struct thing second[] = {
		{ "a/b/c", FILE_MODE, "of the host", 7 }, { "a/run", PROGRAM, "of the host", 7 }, { "empty", FILE_MODE, "x", 7 },
		{ "module/x", FILE_MODE, "x", 7 }, { "own", FILE_MODE, "of the host", 7 }, { "same", FILE_MODE, "equal", 7 }, { 0 },
	};
	CHECK(host_start(&h) && host_prepare(&h, "format=sha1\n", first, repository));
	CHECK(test_write(host_path(&h, "a-b"), "of the guest") && test_write(host_path(&h, "a/b/c"), "edit"));
	CHECK(unlink(host_path(&h, "a/run")) == 0 && test_write(host_path(&h, "own"), "mine") &&
	      test_write(host_path(&h, "same"), "equal") && unlink(host_path(&h, "empty")) == 0);
	CHECK(mkdir(host_path(&h, "empty"), 0755) == 0 && test_write(host_path(&h, "empty/in"), "it"));
	CHECK(rmdir(host_path(&h, "module")) == 0 && test_write(host_path(&h, "module"), "in the way"));
	CHECK(host_prepare(&h, "format=sha1\n", second, repository));
	CHECK_TEXT(h.said.p, "KEPT 2 a-b\nKEPT 1 a/b/c\nKEPT 1 a/run\nKEPT 1 empty\nREMOVED link\nKEPT 2 module\nKEPT 3 module/x\n"
			     "KEPT 3 own\nGIT 1\nDONE 0 78\n");
	CHECK_TEXT(test_read(host_path(&h, "a-b")), "of the guest");
	CHECK_TEXT(test_read(host_path(&h, "a/b/c")), "edit");
	CHECK_TEXT(test_read(host_path(&h, "own")), "mine");
	CHECK_TEXT(test_read(host_path(&h, "empty/in")), "it");
	/* The guest had the same by itself: it counts as delivered from here on. */
	CHECK(host_scan(&h, NULL));
	CHECK(!strstr(h.said.p, "same"));
	/* With force the host's word counts, but a directory with the guest's own files stays. */
	CHECK(host_prepare(&h, "format=sha1\nforce=1\n", second, repository));
	CHECK_TEXT(h.said.p, "REMOVED a-b\nWANT 0\nWANT 1\nKEPT 1 empty\nREMOVED module\nWANT 3\nWANT 4\nGIT 1\nDONE 4 112\n");
	CHECK(file_is("a/b/c", "of the host", FILE_MODE, 7) && file_is("module/x", "x", FILE_MODE, 7));
	CHECK_TEXT(test_read(host_path(&h, "empty/in")), "it");
	host_end(&h);
}

static void guest_only_touches(void)
{
	struct timeval now[2] = { { 5000, 0 }, { 5000, 0 } };
	CHECK(host_start(&h) && host_prepare(&h, "format=sha1\n", first, repository));
	CHECK(utimes(host_path(&h, "a-b"), now) == 0 && chmod(host_path(&h, "a/run"), 0700) == 0);
	CHECK(host_prepare(&h, "format=sha1\n", first, repository));
	CHECK_TEXT(h.said.p, "GIT 1\nDONE 0 78\n");
	/* As on the host again: the index that came along goes by that time. */
	CHECK(file_is("a-b", "between in order", FILE_MODE, 1000000000) && file_is("a/run", "#!", PROGRAM, 1000000002));
	host_end(&h);
}

static void readonly(void)
{
	CHECK(host_start(&h) && host_prepare(&h, "format=sha1\nreadonly=1\n", first, repository));
	CHECK(file_is("a-b", "between in order", S_IFREG | 0444, 1000000000) && file_is("a/run", "#!", S_IFREG | 0555, 1000000002));
	CHECK(host_scan(&h, NULL) && !strstr(h.said.p, "CHANGED"));
	CHECK(host_prepare(&h, "format=sha1\n", first, repository));
	CHECK(file_is("a-b", "between in order", FILE_MODE, 1000000000));
	host_end(&h);
}

static void submodule(void)
{
	char begin[400], want[400];
	CHECK(host_start(&h));
	snprintf(begin, sizeof begin, "format=sha1\ngitdir=%s/../above/.git/modules/x\n", h.state);
	CHECK(!host_prepare(&h, begin, first, repository));
	CHECK(strstr(h.said.p, "FAILED BEGIN"));
	char above[300];
	snprintf(above, sizeof above, "%.*sabove/.git/modules/x", (int)(strrchr(h.state, '/') + 1 - h.state), h.state);
	snprintf(begin, sizeof begin, "format=sha1\ngitdir=%s\n", above);
	CHECK(host_prepare(&h, begin, first, repository));
	snprintf(want, sizeof want, "gitdir: %s\n", above);
	CHECK_TEXT(test_read(host_path(&h, ".git")), want);
	CHECK_TEXT(test_read(test_path(above, "HEAD")), "ref: refs/heads/main\n");
	CHECK(host_scan(&h, NULL) && strstr(h.said.p, "head=ref: refs/heads/main\ngit=1\nREF 01234567 refs/heads/main\n"));
	static const char *const paths[] = { ".git/HEAD", ".git", NULL };
	CHECK(host_read(&h, paths) && strstr(h.said.p, "FILE 100644 .git/HEAD\nref: refs/heads/main\n"));
	host_end(&h);
}

static void git_of_the_guest(void)
{
	static const struct thing beside[] = {
		{ "objects/pack/pack-1.pack", FILE_MODE, "PACK", 0 }, { "refs/remotes/host/main", FILE_MODE, "1", 0 }, { 0 },
	};
	static const struct thing merging[] = {
		{ "HEAD", FILE_MODE, "ref: refs/heads/main\n", 0 }, { "MERGE_HEAD", FILE_MODE, "x", 0 }, { "refs/heads/old", FILE_MODE, "x", 0 }, { 0 },
	};
	CHECK(host_start(&h) && host_prepare(&h, "format=sha1\n", first, merging) && there(".git/MERGE_HEAD"));
	/* What an earlier delivery left of git's state goes with the next. */
	CHECK(host_prepare(&h, "format=sha1\n", first, repository) && strstr(h.said.p, "GIT 1\n"));
	CHECK(!there(".git/MERGE_HEAD") && !there(".git/refs/heads/old"));
	CHECK(test_write(host_path(&h, ".git/refs/heads/mine"), "1123456789012345678901234567890123456789\n"));
	CHECK(host_prepare(&h, "format=sha1\n", first, beside) && strstr(h.said.p, "GIT 2\n"));
	CHECK(there(".git/refs/remotes/host/main") && there(".git/refs/heads/mine"));
	/* What the guest's HEAD and refs are is not the host's any more. */
	CHECK(!host_prepare(&h, "format=sha1\n", first, repository));
	CHECK(strstr(h.said.p, "FAILED git's HEAD is the guest's own by now"));
	CHECK(host_scan(&h, NULL));
	CHECK_TEXT(h.said.p, "state=incomplete\nSCANNED\n");
	CHECK(host_prepare(&h, "format=sha1\nforce=1\n", first, repository) && strstr(h.said.p, "GIT 2\n"));
	CHECK(!there(".git/refs/heads/mine"));
	CHECK(host_prepare(&h, "format=sha1\n", first, repository) && strstr(h.said.p, "GIT 1\n"));
	/* No .git left: nothing of the guest's to spare. */
	CHECK(rename(host_path(&h, ".git"), host_path(&h, "moved")) == 0);
	CHECK(host_prepare(&h, "format=sha1\n", first, repository) && strstr(h.said.p, "GIT 0\n"));
	host_end(&h);
}

/* Everything that BEGIN and the list may say, and the host gone before it sends any of it. */
static void nothing_before_the_first_frame(void)
{
	int type = 0;
	CHECK(host_start(&h) && host_prepare(&h, "format=sha1\n", first, repository));
	CHECK(host_open(&h, "prepare") && host_list(&h, "format=sha1\nforce=1\n", first + 6));
	while (type != WIRE_ANSWERED)
		CHECK(host_next(&h, &type));
	host_close(&h);
	CHECK(there("a/b/c") && there("link"));
	CHECK(host_scan(&h, NULL) && strstr(h.said.p, "state=complete"));
	host_end(&h);
}

static void interrupted(void)
{
	static const struct thing more[] = {
		{ "a-b", FILE_MODE, "written", 11 }, { "a/b/c", FILE_MODE, "was on its way", 12 }, { "z", FILE_MODE, "never", 13 }, { 0 },
	};
	int type = 0;
	CHECK(host_start(&h) && host_prepare(&h, "format=sha1\n", first, repository));
	CHECK(test_write(host_path(&h, "a/run"), "the guest's"));
	CHECK(host_open(&h, "prepare") && host_list(&h, "format=sha1\n", more));
	while (type != WIRE_ANSWERED)
		CHECK(host_next(&h, &type));
	uint8_t cut[24] = { 0, 0, 0, 1, 0, 0, 0x81, 0xa4 };
	CHECK(host_send_file(&h, 0, &more[0]) && peer_frame(&h.p, WIRE_FILE, cut, sizeof cut) && peer_frame(&h.p, WIRE_DATA, "was", 3));
	host_close(&h);
	CHECK(!there("a/b/.banger-partial"));
	CHECK(host_scan(&h, NULL));
	CHECK_TEXT(h.said.p, "state=incomplete\nSCANNED\n");
	/* The host moved on meanwhile: what the delivery left is not taken for the guest's, what the guest did is. */
	static const struct thing last[] = {
		{ "a-b", FILE_MODE, "newer", 21 }, { "a/b/c", FILE_MODE, "arrives", 22 }, { "a/run", PROGRAM, "newer", 23 }, { 0 },
	};
	CHECK(host_prepare(&h, "format=sha1\n", last, repository));
	CHECK_TEXT(h.said.p, "WANT 0\nWANT 1\nKEPT 1 a/run\nGIT 1\nDONE 2 90\n");
	CHECK(file_is("a-b", "newer", FILE_MODE, 21) && file_is("a/b/c", "arrives", FILE_MODE, 22));
	CHECK_TEXT(test_read(host_path(&h, "a/run")), "the guest's");
	host_end(&h);
}

/* The ledger's directory of the one workspace. */
static int ledger_dir(void)
{
	int at = open(test_path(h.state, "banger/workspaces"), O_RDONLY | O_DIRECTORY | O_CLOEXEC), fd = -1;
	DIR *d = fdopendir(at);
	for (struct dirent *e; (e = readdir(d));)
		if (e->d_name[0] != '.')
			fd = openat(at, e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	closedir(d);
	return fd;
}

/* What the disk shows after a machine that was cut off behind DONE. */
static void cut_off_before_the_sync(void)
{
	char text[100] = "", tag[17] = "", name[64];
	CHECK(host_start(&h) && host_prepare(&h, "format=sha1\n", first, repository));
	int dir = ledger_dir();
	CHECK(dir >= 0 && readlinkat(dir, "committed", text, sizeof text - 1) == 53);
	memcpy(tag, text, 16);
	/* Another boot. */
	memset(text + 17, '0', 36);
	CHECK(unlinkat(dir, "committed", 0) == 0 && symlinkat(text, dir, "committed") == 0);
	/* A file that never got to the disk. */
	CHECK(truncate(host_path(&h, "a-b"), 0) == 0);
	CHECK(host_scan(&h, NULL));
	CHECK_TEXT(h.said.p, "state=incomplete\nSCANNED\n");
	CHECK(host_prepare(&h, "format=sha1\n", first, repository));
	CHECK_TEXT(h.said.p, "WANT 0\nGIT 1\nDONE 1 94\n");
	/* The same, but the sync behind DONE came to its end. */
	CHECK(readlinkat(dir, "committed", text, sizeof text - 1) == 53);
	memcpy(tag, text, 16);
	memset(text + 17, '0', 36);
	CHECK(unlinkat(dir, "committed", 0) == 0 && symlinkat(text, dir, "committed") == 0 && symlinkat(tag, dir, "synced") == 0);
	CHECK(host_scan(&h, NULL) && strstr(h.said.p, "state=complete"));
	/* A manifest that came to the disk in part is none; the one before it is still there while it matters. */
	CHECK(host_prepare(&h, "format=sha1\n", first, repository));
	CHECK(readlinkat(dir, "committed", text, sizeof text - 1) == 53);
	memcpy(tag, text, 16);
	snprintf(name, sizeof name, "before.%s", tag);
	memset(text + 17, '0', 36);
	CHECK(unlinkat(dir, "committed", 0) == 0 && symlinkat(text, dir, "committed") == 0 && faccessat(dir, name, F_OK, 0) == 0);
	int fd = openat(dir, "manifest", O_WRONLY | O_CLOEXEC);
	CHECK(fd >= 0 && ftruncate(fd, 200) == 0);
	close(fd);
	CHECK(test_write(host_path(&h, "a/run"), "the guest's"));
	CHECK(host_prepare(&h, "format=sha1\n", first, repository));
	CHECK_TEXT(h.said.p, "KEPT 1 a/run\nGIT 1\nDONE 0 78\n");
	close(dir);
	host_end(&h);
}

static void synced_by_a_stop(void)
{
	struct buf tags = { 0 };
	char text[100] = "";
	CHECK(host_start(&h) && host_prepare(&h, "format=sha1\n", first, repository));
	int dir = ledger_dir();
	ledger_all_collect(h.disk, &tags);
	ledger_all_synced(h.disk, &tags);
	CHECK(tags.len && readlinkat(dir, "synced", text, sizeof text - 1) == 16);
	tags.len = 0;
	ledger_all_collect(h.disk, &tags);
	CHECK(!tags.len);
	buf_free(&tags);
	close(dir);
	host_end(&h);
}

static void synced_behind(void)
{
	/* In memory, where a sync waits for nobody else's disk. */
	char dir[] = "/dev/shm/banger-guest-test-XXXXXX", command[100];
	struct ledger l = { .dir = -1, .lock = -1 };
	struct manifest m = { .files.id_len = SHA1_LEN };
	struct stat st;
	CHECK(mkdtemp(dir));
	int disk = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), top = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool ok = ledger_open(&l, disk, "/w", true) == LEDGER_OPEN && ledger_begin(&l, &m.files, 0, true, true) &&
		  ledger_commit(&l, &m);
	ledger_sync_behind(&l, top);
	int64_t until = now_ms() + DEADLINE_MS;
	while (ok && fstatat(l.dir, "synced", &st, AT_SYMLINK_NOFOLLOW) < 0 && now_ms() < until)
		poll(NULL, 0, 2);
	ok = ok && fstatat(l.dir, "synced", &st, AT_SYMLINK_NOFOLLOW) == 0;
	ledger_close(&l);
	close(disk);
	close(top);
	snprintf(command, sizeof command, "rm -rf %s", dir);
	CHECK(system(command) == 0);
	CHECK(ok);
}

static void one_at_a_time(void)
{
	static struct host other;
	CHECK(host_start(&h) && host_open(&h, "prepare") && host_list(&h, "format=sha1\n", first));
	other = h;
	CHECK(!host_open(&other, "scan") && other.status == 409);
	CHECK(!host_open(&other, "prepare") && other.status == 409);
	memset(&other.said, 0, sizeof other.said);
	host_close(&h);
	/* Whoever has read the last frame finds the lock free, also while the worker of before is still there. */
	int type = 0;
	CHECK(host_open(&h, "prepare") && host_list(&h, "format=sha1\n", first) && host_answer(&h, first, NULL) && host_commit(&h));
	other = h;
	memset(&other.said, 0, sizeof other.said);
	other.frame = NULL;
	int64_t start = now_ms();
	CHECK(host_open(&other, "scan") && now_ms() - start < 900);
	host_close(&other);
	/* One whose host has gone is waited for. */
	CHECK(host_open(&other, "prepare"));
	shutdown(other.p.fd, SHUT_RDWR);
	static struct host third;
	third = other;
	memset(&third.said, 0, sizeof third.said);
	third.frame = NULL;
	CHECK(host_open(&third, "prepare"));
	host_close(&third);
	host_close(&other);
	buf_free(&third.said);
	buf_free(&other.said);
	while (host_next(&h, &type)) {
	}
	host_close(&h);
	int dir = ledger_dir();
	CHECK(unlinkat(dir, "committed", 0) == 0);
	close(dir);
	CHECK(host_scan(&h, NULL));
	CHECK_TEXT(h.said.p, "state=incomplete\nSCANNED\n");
	host_end(&h);
}

/* The files of a machine that goes on from a save are as they were then: only what the host has anew is looked at. */
static void fresh(void)
{
	static const struct thing second[] = {
		{ "a-b", FILE_MODE, "of the host", 8 }, { "a/b/c", FILE_MODE, "deep", 1000000001 },
		{ "a/run", PROGRAM, "#!", 1000000002 }, { "empty", FILE_MODE, "", 9 },
		{ "link", LINK, "a/run", 1000000004 }, { "module", MODE_SUBMODULE, "", 0 }, { 0 },
	};
	CHECK(host_start(&h) && host_prepare(&h, "format=sha1\n", first, repository));
	/* What a set-up did is written down before the save, and told as ever. */
	CHECK(test_write(host_path(&h, "a/b/c"), "edit") && host_scan_with(&h, "saved=1\n", NULL));
	CHECK(strstr(h.said.p, "CHANGED 100644 a/b/c"));
	/* Nobody can have done this since; if somebody did, it is not looked for here and not lost. */
	CHECK(test_write(host_path(&h, "a/run"), "unseen"));
	CHECK(host_prepare(&h, "format=sha1\nfresh=1\n", second, repository));
	CHECK_TEXT(h.said.p, "WANT 0\nKEPT 1 a/b/c\nGIT 1\nDONE 1 89\n");
	CHECK(file_is("a-b", "of the host", FILE_MODE, 8) && file_is("empty", "", FILE_MODE, 9));
	CHECK_TEXT(test_read(host_path(&h, "a/run")), "unseen");
	CHECK(host_scan(&h, NULL));
	CHECK(strstr(h.said.p, "CHANGED 100644 a/b/c") && strstr(h.said.p, "CHANGED 100755 a/run"));
	/* Another time it is all looked at; put back, it is as delivered again. */
	CHECK(test_write(host_path(&h, "a/b/c"), "deep") && host_scan_with(&h, "saved=1\n", NULL) && !strstr(h.said.p, "a/b/c"));
	CHECK(host_prepare(&h, "format=sha1\n", second, repository) && strstr(h.said.p, "KEPT 1 a/run\n"));
	/* Whoever overwrites what the guest did, or delivers to be read only, looks at everything. */
	CHECK(host_prepare(&h, "format=sha1\nfresh=1\nforce=1\n", second, repository) && strstr(h.said.p, "WANT 2\n"));
	CHECK(host_prepare(&h, "format=sha1\nfresh=1\nreadonly=1\n", second, repository));
	CHECK(file_is("a/b/c", "deep", S_IFREG | 0444, 1000000001));
	host_end(&h);
}

/* An index that lies as it was put there is not read; written in place it gets another time, whatever else is the same. */
static void index_written_in_place(void)
{
	static const struct thing indexed[] = {
		{ "HEAD", FILE_MODE, "ref: refs/heads/main\n", 0 }, { "index", FILE_MODE, "one", 0 }, { 0 },
	};
	struct timespec old[2];
	struct stat st;
	CHECK(host_start(&h) && host_prepare(&h, "format=sha1\n", first, indexed));
	int fd = open(host_path(&h, ".git/index"), O_WRONLY | O_CLOEXEC);
	CHECK(fd >= 0 && pwrite(fd, "two", 3, 0) == 3 && close(fd) == 0);
	CHECK(host_scan(&h, NULL) && strstr(h.said.p, "git=2\n"));
	CHECK(test_write(host_path(&h, ".git/index"), "one") && host_scan(&h, NULL) && strstr(h.said.p, "git=1\n"));
	/* The time that it had: the change time gives it away. */
	CHECK(host_prepare(&h, "format=sha1\n", first, indexed) && stat(host_path(&h, ".git/index"), &st) == 0);
	old[0] = old[1] = st.st_mtim;
	CHECK(test_write(host_path(&h, ".git/index"), "two") && utimensat(AT_FDCWD, host_path(&h, ".git/index"), old, 0) == 0);
	CHECK(host_scan(&h, NULL) && strstr(h.said.p, "git=2\n"));
	host_end(&h);
}

/* As the program before this one wrote it. */
static void manifest_of_before(void)
{
	struct manifest m = { .files.id_len = SHA1_LEN, .git_known = true, .recorded = 7 }, got = { 0 };
	struct buf now = { 0 }, before = { 0 };
	struct digest d;
	uint8_t sum[SHA1_LEN];
	struct entry *e = entries_add(&m.files, "a/b", 3);
	e->mode = FILE_MODE;
	e->ino = 9;
	strcpy(m.gitdir, "/x");
	CHECK(manifest_encode(&m, &now));
	size_t head = 24 + 2 * SHA256_LEN, more = SHA256_LEN + 32;
	buf_add(&before, "bgrws 1\n", 8);
	buf_add(&before, now.p + 8, head - 8);
	buf_add(&before, now.p + head + more, now.len - head - more - 8);
	digest_start(&d, false);
	digest_add(&d, before.p, before.len);
	digest_end(&d, sum);
	buf_add(&before, sum, sizeof sum);
	CHECK(manifest_decode(&got, (uint8_t *)before.p, before.len));
	CHECK(got.git_known && got.recorded == 7 && !got.digest_known && !got.index_seen.ino && !strcmp(got.gitdir, "/x"));
	CHECK(got.files.count == 1 && got.files.at[0].ino == 9 && !strcmp(entry_path(&got.files, got.files.at), "a/b"));
	manifest_free(&got);
	before.p[60] ^= 1;
	CHECK(!manifest_decode(&got, (uint8_t *)before.p, before.len));
	manifest_free(&got);
	manifest_free(&m);
	buf_free(&now);
	buf_free(&before);
}

static void digest_is_of_the_base(void)
{
	struct manifest m = { .files.id_len = SHA1_LEN };
	uint8_t a[SHA256_LEN], b[SHA256_LEN];
	struct entry *e = entries_add(&m.files, "x", 1);
	e->mode = FILE_MODE;
	manifest_digest(&m, a);
	e->mtime = e->ino = 5;
	manifest_digest(&m, b);
	CHECK(!memcmp(a, b, sizeof a));
	e->id[3] = 1;
	manifest_digest(&m, b);
	CHECK(memcmp(a, b, sizeof a));
	manifest_free(&m);
}

const struct test prepare_tests[] = {
	{ "prepare: a first delivery", delivered }, { "prepare: the host moves on", host_moves_on },
	{ "prepare: the guest's edits stay", guest_edits }, { "prepare: touched is not edited", guest_only_touches },
	{ "prepare: read-only", readonly }, { "prepare: a submodule", submodule },
	{ "prepare: git's own state", git_of_the_guest },
	{ "prepare: nothing happens before the first frame", nothing_before_the_first_frame },
	{ "prepare: interrupted", interrupted }, { "prepare: cut off before the sync", cut_off_before_the_sync },
	{ "prepare: synced by a stop", synced_by_a_stop }, { "prepare: synced behind DONE", synced_behind },
	{ "prepare: one conversation at a time", one_at_a_time },
	{ "prepare: a machine that goes on from a save", fresh },
	{ "prepare: an index written in place", index_written_in_place },
	{ "prepare: a manifest of before", manifest_of_before },
	{ "prepare: the digest", digest_is_of_the_base }, { NULL, NULL },
};
