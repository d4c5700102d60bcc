#include "peer.h"
#include "test.h"

#include "../tar.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct buf archive;
static size_t read_at, read_limit;

static long read_archive(void *ctx, void *data, size_t max)
{
	(void)ctx;
	size_t n = archive.len - read_at;
	n = n < max ? n : max;
	if (read_limit && n > read_limit)
		n = read_limit;
	if (n)
		memcpy(data, archive.p + read_at, n);
	read_at += n;
	return (long)n;
}

static bool write_archive(void *ctx, const void *data, size_t len)
{
	(void)ctx;
	return buf_add(&archive, data, len);
}

static char error[TAR_ERROR];

static int extract(const char *dir)
{
	struct tar_source source = { read_archive, NULL };
	int top = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	read_at = 0;
	error[0] = 0;
	int status = tar_extract(top, false, &source, error);
	close(top);
	return status;
}

static bool create(const char *path)
{
	struct tar_sink sink = { write_archive, NULL };
	archive.len = 0;
	return tar_create(path, &sink, error);
}

static void add_raw(const void *data, size_t len)
{
	static const char zero[TAR_BLOCK];
	buf_add(&archive, data, len);
	buf_add(&archive, zero, (TAR_BLOCK - len % TAR_BLOCK) % TAR_BLOCK);
}

static void add(const char *path, char type, const char *link, const char *data)
{
	static struct tar_entry e;
	static uint8_t header[32768];
	memset(&e, 0, sizeof e);
	snprintf(e.path, sizeof e.path, "%s", path);
	snprintf(e.link, sizeof e.link, "%s", link ? link : "");
	e.type = type;
	e.mode = type == '5' ? 0755 : 0644;
	e.uid = getuid();
	e.gid = getgid();
	e.mtime = 1000000000;
	e.size = data ? strlen(data) : 0;
	buf_add(&archive, header, tar_make_header(&e, header, sizeof header));
	if (data)
		add_raw(data, e.size);
}

/* A header block written by hand: type and data of our choosing. */
static void add_block(char type, const char *name, const void *data, size_t len)
{
	uint8_t b[TAR_BLOCK] = { 0 };
	unsigned sum = 0;
	snprintf((char *)b, 100, "%s", name);
	snprintf((char *)b + 100, 8, "%07o", 0644);
	snprintf((char *)b + 108, 8, "%07o", (unsigned)getuid());
	snprintf((char *)b + 116, 8, "%07o", (unsigned)getgid());
	snprintf((char *)b + 124, 12, "%011zo", len);
	snprintf((char *)b + 136, 12, "%011o", 0);
	b[156] = (uint8_t)type;
	memcpy(b + 257, "ustar\0" "00", 8);
	memset(b + 148, ' ', 8);
	for (int i = 0; i < TAR_BLOCK; i++)
		sum += b[i];
	snprintf((char *)b + 148, 8, "%06o", sum);
	buf_add(&archive, b, sizeof b);
	if (len)
		add_raw(data, len);
}

static void finish(void)
{
	static const char zero[2 * TAR_BLOCK];
	buf_add(&archive, zero, sizeof zero);
}

static bool same(const char *a, const char *b)
{
	char command[600];
	/* GNU's tools judge: content, kinds, links, modes, owners and times. */
	snprintf(command, sizeof command,
		 "cd %s && find . -printf '%%p %%y %%m %%U %%G %%n %%l %%T@ %%s\\n' | sed 's/\\.[0-9]* \\([0-9]*\\)$/ \\1/' "
		 "| awk '$2 == \"d\" { $NF = 0 } { print }' | sort > %s.list", a, a);
	if (system(command))
		return false;
	snprintf(command, sizeof command,
		 "cd %s && find . -printf '%%p %%y %%m %%U %%G %%n %%l %%T@ %%s\\n' | sed 's/\\.[0-9]* \\([0-9]*\\)$/ \\1/' "
		 "| awk '$2 == \"d\" { $NF = 0 } { print }' | sort > %s.list && diff %s.list %s.list >&2 && diff -r --no-dereference %s %s >&2",
		 b, b, a, b, a, b);
	return system(command) == 0;
}

static const char *make_tree(void)
{
	const char *dir = test_dir();
	static char name[300], command[4000];
	memset(name, 'n', 250);
	snprintf(command, sizeof command,
		 "cd %s && mkdir -p a/b/c empty deep && echo one > a/one && head -c 70000 /dev/urandom > a/b/big && "
		 ": > zero && ln a/one a/b/hard && ln -s ../nowhere dangling && ln -s a/one a/b/soft && chmod 750 a && "
		 "chmod 600 a/one && touch -d @1234567890 a/one a/b/c zero && touch -h -d @5 dangling && chmod 4755 zero && "
		 "touch -d '1960-01-01' a/b/big && printf x > '%s' && mkdir -p deep/%s/%s/%s && echo y > deep/%s/%s/%s/file && "
		 "ln -s %s/%s deep/longlink && mkfifo pipe && printf z > \"$(printf 'non\\377utf\\nnewline')\" && touch -d @99 a empty .",
		 dir, name, name, name, name, name, name, name, name, name);
	return system(command) ? NULL : dir;
}

static void round_trip(void)
{
	const char *from = make_tree(), *to = test_dir();
	static char from_copy[100], to_copy[100];
	CHECK(from);
	strcpy(from_copy, from);
	strcpy(to_copy, to);
	CHECK(create(from_copy));
	for (read_limit = 0; read_limit <= 700; read_limit += 233) {
		CHECK(extract(to_copy) == 0);
		CHECK(same(from_copy, to_copy));
	}
	read_limit = 0;
	/* GNU tar reads ours and finds nothing to say. */
	char path[200], command[500];
	snprintf(path, sizeof path, "%s.tar", to_copy);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CHECK(fd >= 0 && write_all(fd, archive.p, archive.len));
	close(fd);
	snprintf(command, sizeof command, "rm -rf %s/* && tar -C %s -xpf %s", to_copy, to_copy, path);
	CHECK(system(command) == 0 && same(from_copy, to_copy));
}

static void from_gnu_tar(void)
{
	static const char *const formats[] = { "pax", "ustar", "gnu" };
	const char *from = test_dir();
	static char from_copy[100], to[100], command[1000];
	strcpy(from_copy, from);
	snprintf(command, sizeof command,
		 "cd %s && mkdir -p d/e && echo 1 > d/f && ln d/f d/g && ln -s /etc/passwd d/h && head -c 3000 /dev/zero > d/e/z && "
		 "touch -d @77 d/f d/e/z && mkdir -p %050d/%050d/%050d && echo long > %050d/%050d/%050d/%040d && touch -d @9 d",
		 from_copy, 1, 2, 3, 1, 2, 3, 4);
	CHECK(system(command) == 0);
	for (size_t i = 0; i < countof(formats); i++) {
		size_t n;
		strcpy(to, test_dir());
		snprintf(command, sizeof command, "tar -C %s --format=%s -cf %s.tar .", from_copy, formats[i], to);
		CHECK(system(command) == 0);
		snprintf(command, sizeof command, "%s.tar", to);
		char *text = read_file_at(AT_FDCWD, command, 1 << 22, &n);
		CHECK(text);
		archive.len = 0;
		buf_add(&archive, text, n);
		free(text);
		if (extract(to))
			test_fail(__FILE__, __LINE__, "%s: %s", formats[i], error);
		CHECK(same(from_copy, to));
	}
}

static void single_file(void)
{
	const char *dir = test_dir();
	char path[200], to[100];
	snprintf(path, sizeof path, "%s/only", dir);
	CHECK(test_write(path, "content"));
	strcpy(to, test_dir());
	CHECK(create(path) && extract(to) == 0);
	CHECK_TEXT(test_read(test_path(to, "only")), "content");
	CHECK(!create("/no/such/thing") && error[0]);
}

/* The directory beside the target must stay as it was. */
static bool outside_untouched(const char *outside)
{
	const char *text = test_read(test_path(outside, "precious"));
	struct stat st;
	return text && !strcmp(text, "keep") && stat(outside, &st) == 0 && st.st_nlink == 2 &&
	       (st.st_mode & 0777) == 0711;
}

static void hostile(void)
{
	char top[100], outside[100], link[200];
	struct { const char *name; void (*fill)(void); } dummy;
	(void)dummy;
	for (int i = 0; i < 16; i++) {
		strcpy(top, test_dir());
		strcpy(outside, test_dir());
		CHECK(test_write(test_path(outside, "precious"), "keep"));
		chmod(outside, 0711);
		snprintf(link, sizeof link, "%s/precious", outside);
		archive.len = 0;
		bool refused = true;
		switch (i) {
		case 0: add("../evil", '0', NULL, "x"); break;
		case 1: add("a/../../evil", '0', NULL, "x"); break;
		case 2: add("a/..", '5', NULL, NULL); break;
		case 3: add("l", '2', outside, NULL); add("l/precious", '0', NULL, "x"); break;
		case 4: add("l", '2', "..", NULL); add("l/evil", '0', NULL, "x"); break;
		case 5: add("l", '2', outside, NULL); add("l/new/deeper", '0', NULL, "x"); break;
		case 6: add("h", '1', link, NULL); break;
		case 7: add("h", '1', "../precious", NULL); break;
		case 8: add("l", '2', outside, NULL); add("h", '1', "l/precious", NULL); break;
		case 9: add("l", '2', link, NULL); add("l", '0', NULL, "x"); refused = false; break;
		case 10: add("l", '2', outside, NULL); add("l", '5', NULL, NULL); refused = false; break;
		case 11: add("a", '2', "b", NULL); add("b", '2', outside, NULL); add("a/x", '0', NULL, "x"); break;
		case 12: add("dev", '3', NULL, NULL); break;
		case 13: add("/etc/relative", '0', NULL, "x"); refused = false; break;
		case 14: add("l", '2', outside, NULL); add("l/sub/", '5', NULL, NULL); break;
		default: add("l", '2', link, NULL); add("h", '1', "l", NULL); add("h", '0', NULL, "x"); refused = false;
		}
		finish();
		int status = extract(top);
		if (refused != (status == 400) || (!refused && status))
			test_fail(__FILE__, __LINE__, "case %d: %d %s", i, status, error);
		if (!outside_untouched(outside))
			test_fail(__FILE__, __LINE__, "case %d: something outside was touched", i);
		if (i == 13)
			CHECK_TEXT(test_read(test_path(top, "etc/relative")), "x");
	}
}

static void malformed(void)
{
	char top[100];
	for (int i = 0; i < 14; i++) {
		strcpy(top, test_dir());
		archive.len = 0;
		switch (i) {
		case 0: break;
		case 1: add("a", '0', NULL, "x"); break;
		case 2: add("a", '0', NULL, "x"); archive.p[0] ^= 1; finish(); break;
		case 3: add_block('x', "p", "13 path=a\n", 10); add("b", '0', NULL, "x"); finish(); break;
		case 4: add_block('x', "p", "10 path=a\n", 10); finish(); break;
		case 5: add_block('x', "p", "9 size=z\n", 9); add("b", '0', NULL, "x"); finish(); break;
		case 6: add_block('x', "p", "20 GNU.sparse.map=0\n", 20); add("b", '0', NULL, "x"); finish(); break;
		case 7: add_block('2', "l", "data", 4); finish(); break;
		case 8: add_block('S', "s", "data", 4); finish(); break;
		case 9: add_block('x', "p", "12 path=a\0b\n", 12); add("b", '0', NULL, "x"); finish(); break;
		case 10: add("", '0', NULL, "x"); finish(); break;
		case 11: add("l", '2', "", NULL); finish(); break;
		case 12: add_block('x', "p", "99999999 path=a\n", 16); add("b", '0', NULL, "x"); finish(); break;
		default: add("h", '1', "not-there", NULL); finish();
		}
		int status = extract(top);
		if (status != 400 || !error[0])
			test_fail(__FILE__, __LINE__, "case %d: %d %s", i, status, error);
	}
}

static void every_truncation(void)
{
	char top[100];
	archive.len = 0;
	add("d/", '5', NULL, NULL);
	add_block('x', "p", "16 path=d/other\n", 16);
	add("d/file", '0', NULL, "some content");
	add("d/link", '2', "other", NULL);
	size_t whole = archive.len;
	finish();
	strcpy(top, test_dir());
	for (size_t n = 0; n < whole + TAR_BLOCK; n += 37) {
		size_t keep = archive.len;
		archive.len = n;
		int status = extract(top);
		archive.len = keep;
		if (status != 400)
			test_fail(__FILE__, __LINE__, "cut at %zu: %d", n, status);
	}
	CHECK(extract(top) == 0);
	CHECK_TEXT(test_read(test_path(top, "d/link")), "some content");
}

static void extended_size_wins(void)
{
	/* The header says 0, the PAX record 5: what follows is content, not a header (the mistake that
	   smuggles members). */
	char top[100];
	strcpy(top, test_dir());
	archive.len = 0;
	add_block('x', "p", "9 size=5\n", 9);
	add_block('0', "file", NULL, 0);
	add_raw("12345", 5);
	finish();
	CHECK(extract(top) == 0);
	CHECK_TEXT(test_read(test_path(top, "file")), "12345");
}

static void replacing(void)
{
	char top[100];
	struct stat st;
	strcpy(top, test_dir());
	archive.len = 0;
	add("x", '0', NULL, "first");
	add("y", '1', "x", NULL);
	add("x", '0', NULL, "second");
	add("e/", '5', NULL, NULL);
	add("e", '0', NULL, "was a directory");
	add("f", '0', NULL, "was a file");
	add("f/", '5', NULL, NULL);
	add("self", '0', NULL, "self");
	add("self", '1', "self", NULL);
	finish();
	if (extract(top))
		test_fail(__FILE__, __LINE__, "%s", error);
	CHECK_TEXT(test_read(test_path(top, "x")), "second");
	CHECK_TEXT(test_read(test_path(top, "y")), "first");
	CHECK_TEXT(test_read(test_path(top, "e")), "was a directory");
	CHECK_TEXT(test_read(test_path(top, "self")), "self");
	CHECK(stat(test_path(top, "f"), &st) == 0 && S_ISDIR(st.st_mode) && st.st_mtime == 1000000000);
	/* A directory with something in it does not give way. */
	archive.len = 0;
	add("d/in", '0', NULL, "x");
	add("d", '0', NULL, "x");
	finish();
	CHECK(extract(top) == 400);
	CHECK_TEXT(test_read(test_path(top, "d/in")), "x");
}

static void served(void)
{
	char dir[100], target[300];
	struct peer p;
	strcpy(dir, test_dir());
	archive.len = 0;
	add("sub/file", '0', NULL, "over the wire");
	finish();
	snprintf(target, sizeof target, "/files?path=%s%%2Fnew%%20dir/x", dir);
	CHECK(peer_start(&p, true, -1) && peer_request(&p, "POST", target, archive.p, archive.len) && peer_answer(&p));
	CHECK(p.status == 200);
	peer_stop(&p);
	CHECK_TEXT(test_read(test_path(dir, "new dir/x/sub/file")), "over the wire");
	CHECK(peer_start(&p, true, -1) && peer_request(&p, "GET", target, "", 0) && peer_answer(&p) && peer_all(&p));
	CHECK(p.status == 200 && p.in.len > 2 * TAR_BLOCK && !memcmp(p.in.p + p.in.len - 7, "\r\n0\r\n\r\n", 7));
	CHECK(memmem(p.in.p, p.in.len, "over the wire", 13));
	peer_stop(&p);
	/* Cut in the middle: the fact, and only what is below the path was touched. */
	CHECK(peer_start(&p, true, -1) && peer_request(&p, "POST", target, archive.p, 700) && peer_answer(&p));
	CHECK(p.status == 400);
	peer_stop(&p);
	CHECK(peer_start(&p, true, -1) && peer_request(&p, "GET", "/files?path=/no/such", "", 0) && peer_answer(&p));
	CHECK(p.status == 404);
	peer_stop(&p);
	CHECK(peer_start(&p, true, -1) && peer_request(&p, "GET", "/files?path=etc", "", 0) && peer_answer(&p));
	CHECK(p.status == 400);
	peer_stop(&p);
	buf_free(&archive);
}

const struct test tar_tests[] = {
	{ "tar: round trip", round_trip }, { "tar: archives of GNU tar", from_gnu_tar },
	{ "tar: a single file", single_file }, { "tar: hostile archives", hostile },
	{ "tar: malformed archives", malformed }, { "tar: every truncation", every_truncation },
	{ "tar: the extended size wins", extended_size_wins }, { "tar: replacing", replacing },
	{ "tar: served", served }, { NULL, NULL },
};
