/* Workspace conversations that break the rules, and a tree that somebody changes underneath. */
#include "host.h"
#include "test.h"

#include "../begin.h"
#include "../bigendian.h"
#include "../gitstate.h"
#include "../wire.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MODE (S_IFREG | 0644)
#define BUDGET_MS 700

static struct host h;

static const struct thing tree[] = {
	{ "a/b/c", FILE_MODE, "deep", 1000000001 }, { "link", S_IFLNK | 0777, "a/b", 3 }, { "z", FILE_MODE, "zz", 4 }, { 0 },
};
static const struct thing nothing[] = { { 0 } };

/* Everything after BEGIN is this; what is said has to hold `want`. */
static bool refused(const void *frames, size_t len, const char *want)
{
	int type;
	bool ok = host_start(&h) && host_open(&h, "prepare") && peer_frame(&h.p, WIRE_BEGIN, "format=sha1\n", 12) &&
		  peer_send(&h.p, frames, len);
	while (ok && host_next(&h, &type)) {
	}
	ok = ok && strstr(h.said.p, want);
	if (!ok)
		test_fail(__FILE__, __LINE__, "said \"%s\", not \"%s\"", h.said.p, want);
	host_close(&h);
	host_end(&h);
	return ok;
}

static void add_frame(struct buf *b, unsigned type, const void *data, size_t len)
{
	uint8_t head[FRAME_HEADER];
	frame_header(head, type, len);
	buf_add(b, head, sizeof head);
	buf_add(b, data, len);
}

static bool list_refused(const char *const *paths, size_t count, unsigned mode, const char *want)
{
	struct buf list = { 0 }, all = { 0 };
	for (size_t i = 0; i < count; i++) {
		struct thing t = { "", mode, "x", 0 };
		put_entry(&list, &t, paths[i], strlen(paths[i]));
	}
	add_frame(&all, WIRE_LIST, list.p, list.len);
	add_frame(&all, WIRE_LISTED, "", 0);
	bool ok = refused(all.p, all.len, want);
	buf_free(&list);
	buf_free(&all);
	return ok;
}

static void bad_lists(void)
{
	static const char *const bad[] = { "", "/a", "a/", "a//b", ".", "..", "a/../b", "a/./b", ".git", ".git/HEAD", "a/.git/x", "../x" };
	static char component[300], deep[5000];
	memset(component, 'x', sizeof component - 1);
	for (size_t i = 0; i < sizeof deep - 1; i++)
		deep[i] = i % 2 ? '/' : 'x';
	deep[4098] = 0;
	for (size_t i = 0; i < countof(bad); i++)
		CHECK(list_refused(&bad[i], 1, FILE_MODE, "FAILED the list has a path that is not allowed"));
	const char *long_ones[] = { component, deep };
	for (int i = 0; i < 2; i++)
		CHECK(list_refused(&long_ones[i], 1, FILE_MODE, "FAILED the list has a path that is not allowed"));
	const char *const pairs[][2] = { { "b", "a" }, { "a", "a" }, { "a/b", "a-b" } };
	for (size_t i = 0; i < countof(pairs); i++)
		CHECK(list_refused(pairs[i], 2, FILE_MODE, "FAILED the list has paths out of order"));
	const char *const below[] = { "a", "a-b", "a/b" }, *one[] = { "a" };
	CHECK(list_refused(below, 3, FILE_MODE, "FAILED a is in the list and so is something below it"));
	static const unsigned modes[] = { S_IFDIR | 0755, S_IFIFO | 0644, S_IFCHR, 0644, 0, 0xffffffff };
	for (size_t i = 0; i < countof(modes); i++)
		CHECK(list_refused(one, 1, modes[i], "FAILED the list has a mode"));
	struct buf all = { 0 }, list = { 0 };
	struct thing t = { "", FILE_MODE, "x", 0 };
	put_entry(&list, &t, "a\0b", 3);
	add_frame(&all, WIRE_LIST, list.p, list.len);
	CHECK(refused(all.p, all.len, "FAILED the list has a path that is not allowed"));
	for (size_t cut = 1; cut < list.len; cut += 7) {
		all.len = 0;
		add_frame(&all, WIRE_LIST, list.p, cut);
		CHECK(refused(all.p, all.len, "FAILED the list has an entry cut short"));
	}
	buf_free(&list);
	buf_free(&all);
}

static void bad_frames(void)
{
	CHECK(refused("\xff\xff\xff\xff", 4, "FAILED a frame of 16777215 bytes"));
	CHECK(refused("\x02\x01\x00\x01", 4, "FAILED a frame of 65537 bytes"));
	CHECK(refused("\x09\0\0\0", 4, "FAILED frame 9 in the middle of the list"));
	CHECK(refused("\x03\0\0\1x", 5, "FAILED LISTED with a payload"));
	/* FILE without WANT, beyond the list, cut short, of a kind that cannot be. */
	struct buf all = { 0 };
	uint8_t head[24] = { 0 };
	add_frame(&all, WIRE_LISTED, "", 0);
	add_frame(&all, WIRE_FILE, head, sizeof head);
	CHECK(refused(all.p, all.len, "FAILED number 0 of the list was not asked for"));
	all.len = 4;
	add_frame(&all, WIRE_SKIP, "\0\0\0", 3);
	CHECK(refused(all.p, all.len, "FAILED number 4294967295 of the list"));
	static const char *const paths[] = { "../x", "/x", "a/../../x", "", "a//b" };
	for (size_t i = 0; i < countof(paths); i++) {
		struct buf git = { 0 };
		uint8_t mode[6];
		put_be16(put_be32(mode, FILE_MODE), (uint16_t)strlen(paths[i]));
		buf_add(&git, mode, 6);
		buf_add(&git, paths[i], strlen(paths[i]));
		all.len = 4;
		add_frame(&all, WIRE_GIT, git.p, git.len);
		CHECK(refused(all.p, all.len, "FAILED GIT with a path or mode that is not allowed"));
		buf_free(&git);
	}
	buf_free(&all);
}

static void bad_requests(void)
{
	static const char *const targets[] = {
		"/workspace?op=prepare", "/workspace?op=prepare&path=x", "/workspace?op=none&path=/x", "/workspace?path=/x",
		"/workspace?op=scan&path=/", "/workspace?op=scan&path=/a/../b", "/workspace?op=scan&path=/etc/passwd",
	};
	CHECK(host_start(&h));
	for (size_t i = 0; i < countof(targets); i++) {
		CHECK(peer_start_with_disk(&h.p, h.disk) && peer_request(&h.p, "POST", targets[i], "", 0) && peer_answer(&h.p));
		if (h.p.status != 400)
			test_fail(__FILE__, __LINE__, "%s: %d", targets[i], h.p.status);
		peer_stop(&h.p);
	}
	host_end(&h);
}

/* A link planted between the list and the content must not lead anywhere. */
static void planted_links(void)
{
	char outside[100];
	int type = 0;
	strcpy(outside, test_dir());
	CHECK(test_write(test_path(outside, "c"), "untouched") && test_write(test_path(outside, "z"), "untouched"));
	CHECK(host_start(&h) && host_open(&h, "prepare") && host_list(&h, "format=sha1\n", tree));
	while (type != WIRE_ANSWERED)
		CHECK(host_next(&h, &type));
	mkdir(h.top, 0755);
	/* Where the partial file goes, the place itself, and a directory on the way. */
	CHECK(symlink(test_path(outside, "z"), host_path(&h, ".banger-partial")) == 0 &&
	      symlink(test_path(outside, "z"), host_path(&h, "z")) == 0 && symlink(outside, host_path(&h, "a")) == 0);
	CHECK(host_send_file(&h, 2, &tree[2]) && host_send_file(&h, 0, &tree[0]));
	while (host_next(&h, &type)) {
	}
	CHECK(strstr(h.said.p, "FAILED a/b/c: Not a directory"));
	host_close(&h);
	CHECK_TEXT(test_read(test_path(outside, "z")), "untouched");
	CHECK_TEXT(test_read(test_path(outside, "c")), "untouched");
	CHECK(access(test_path(outside, "b"), F_OK) < 0);
	CHECK_TEXT(test_read(host_path(&h, "z")), "zz");
	/* It is the guest's own link now: kept, and force puts a directory there. */
	CHECK(host_prepare(&h, "format=sha1\n", tree, NULL) && strstr(h.said.p, "KEPT 3 a/b/c\n"));
	CHECK(host_prepare(&h, "format=sha1\nforce=1\n", tree, NULL));
	CHECK_TEXT(test_read(host_path(&h, "a/b/c")), "deep");
	CHECK(access(test_path(outside, "b"), F_OK) < 0);
	host_end(&h);
}

static void planted_git(void)
{
	static const struct thing git[] = { { "objects/x", FILE_MODE, "new", 0 }, { 0 } };
	char outside[100];
	strcpy(outside, test_dir());
	CHECK(host_start(&h) && mkdir(h.top, 0755) == 0 && symlink(outside, host_path(&h, ".git")) == 0);
	CHECK(!host_prepare(&h, "format=sha1\n", nothing, git) && strstr(h.said.p, "FAILED"));
	CHECK(access(test_path(outside, "objects"), F_OK) < 0);
	CHECK(host_prepare(&h, "format=sha1\nforce=1\n", nothing, git));
	CHECK(access(test_path(outside, "objects"), F_OK) < 0);
	CHECK_TEXT(test_read(host_path(&h, ".git/objects/x")), "new");
	CHECK(rename(host_path(&h, ".git"), host_path(&h, "old")) == 0 && symlink(outside, host_path(&h, ".git")) == 0);
	CHECK(unlink(host_path(&h, ".git")) == 0 && mkdir(host_path(&h, ".git"), 0755) == 0 && symlink(outside, host_path(&h, ".git/objects")) == 0);
	CHECK(!host_prepare(&h, "format=sha1\n", nothing, git) && strstr(h.said.p, "FAILED objects/x: Not a directory"));
	CHECK(access(test_path(outside, "x"), F_OK) < 0);
	host_end(&h);
}

static void directory_in_the_place(void)
{
	int type = 0;
	CHECK(host_start(&h) && host_open(&h, "prepare") && host_list(&h, "format=sha1\n", tree));
	while (type != WIRE_ANSWERED)
		CHECK(host_next(&h, &type));
	/* With empty ones in it, it gives way; with a file, it does not. */
	CHECK(mkdir(h.top, 0755) == 0 && mkdir(host_path(&h, "z"), 0755) == 0 && mkdir(host_path(&h, "z/z"), 0755) == 0 &&
	      mkdir(host_path(&h, "link"), 0755) == 0 && test_write(host_path(&h, "link/precious"), "x"));
	CHECK(host_send_file(&h, 2, &tree[2]) && host_send_file(&h, 1, &tree[1]));
	while (host_next(&h, &type)) {
	}
	CHECK_TEXT(strstr(h.said.p, "FAILED"), "FAILED link: Directory not empty\n");
	host_close(&h);
	CHECK_TEXT(test_read(host_path(&h, "z")), "zz");
	CHECK_TEXT(test_read(host_path(&h, "link/precious")), "x");
	CHECK(access(host_path(&h, ".banger-partial"), F_OK) < 0);
	host_end(&h);
}

static void wrong_verdicts(void)
{
	static const struct { size_t len; unsigned type; } wrong[] = { { 0, WIRE_VERDICT }, { 2, WIRE_VERDICT }, { 1, WIRE_LIST } };
	for (size_t i = 0; i < countof(wrong); i++) {
		int type = 0;
		CHECK(host_start(&h) && host_prepare(&h, "format=sha1\n", tree, NULL) && test_write(host_path(&h, "new"), "x"));
		CHECK(host_open(&h, "scan") && peer_frame(&h.p, WIRE_BEGIN, "", 0));
		while (type != WIRE_LEVEL)
			CHECK(host_next(&h, &type));
		CHECK(peer_frame(&h.p, wrong[i].type, "\0\0\0", wrong[i].len));
		while (host_next(&h, &type)) {
		}
		CHECK(strstr(h.said.p, "in the place of a verdict on 1 names"));
		host_close(&h);
		host_end(&h);
	}
}

static void every_cut(void)
{
	/* The whole conversation of the host, ended after each of its bytes. */
	struct buf all = { 0 }, list = { 0 };
	uint8_t head[24], id[SHA1_LEN] = { 1 };
	struct thing t = { "", FILE_MODE, "x", 0 };
	put_entry(&list, &t, "a", 1);
	add_frame(&all, WIRE_BEGIN, "format=sha1\n", 12);
	add_frame(&all, WIRE_LIST, list.p, list.len);
	add_frame(&all, WIRE_LISTED, "", 0);
	put_be64(put_be64(put_be32(put_be32(head, 0), FILE_MODE), 1), 0);
	add_frame(&all, WIRE_FILE, head, sizeof head);
	add_frame(&all, WIRE_DATA, "x", 1);
	add_frame(&all, WIRE_FILED, id, sizeof id);
	add_frame(&all, WIRE_COMMIT, "", 0);
	CHECK(host_start(&h));
	for (size_t cut = 0; cut < all.len; cut += 3) {
		CHECK(host_open(&h, "prepare") && peer_send(&h.p, all.p, cut));
		shutdown(h.p.fd, SHUT_WR);
		CHECK(peer_all(&h.p));
		host_close(&h);
		CHECK(access(host_path(&h, ".banger-partial"), F_OK) < 0);
	}
	CHECK(host_open(&h, "prepare") && peer_send(&h.p, all.p, all.len));
	int type = 0;
	while (type != WIRE_DONE)
		CHECK(host_next(&h, &type));
	host_close(&h);
	CHECK_TEXT(test_read(host_path(&h, "a")), "x");
	host_end(&h);
	buf_free(&all);
	buf_free(&list);
}

static void fuzz_decoders(void)
{
	static uint8_t sample[400], input[600];
	struct buf list = { 0 }, manifest = { 0 };
	struct manifest m = { .files.id_len = SHA1_LEN };
	for (const struct thing *t = tree; t->path; t++) {
		put_entry(&list, t, t->path, strlen(t->path));
		entries_add(&m.files, t->path, strlen(t->path));
	}
	manifest_encode(&m, &manifest);
	manifest_free(&m);
	static const char begin[] = "format=sha256\nforce=1\ngitdir=/a/b\n";
	/* Version 2: one entry "x". */
	static const uint8_t index[] = { 'D', 'I', 'R', 'C', 0, 0, 0, 4, 0, 0, 0, 2 };
	for (int64_t until = now_ms() + BUDGET_MS; now_ms() < until;)
		for (int round = 0; round < 200; round++) {
			unsigned kind = test_random() % 4;
			const void *from = kind == 0 ? list.p : kind == 1 ? manifest.p : kind == 2 ? begin : (const void *)index;
			size_t len = kind == 0 ? list.len : kind == 1 ? manifest.len : kind == 2 ? sizeof begin - 1 : sizeof index;
			memset(sample, 0, sizeof sample);
			memcpy(sample, from, len);
			if (kind == 3)
				len = 12 + test_random() % 300;
			for (unsigned k = test_random() % 8; k > 0; k--)
				sample[test_random() % len] = (uint8_t)(test_random() % 3 ? test_random() : test_random() % 8);
			if (test_random() % 4 == 0)
				len = test_random() % len;
			/* Behind the sum, where the rest is. */
			if (kind == 1 && len > SHA1_LEN && sample[6] == '1' && test_random() % 4) {
				struct digest d;
				digest_start(&d, false);
				digest_add(&d, sample, len - SHA1_LEN);
				digest_end(&d, sample + len - SHA1_LEN);
			} else if (kind == 1 && len > sizeof(uint64_t) && test_random() % 4) {
				put_be64(sample + len - sizeof(uint64_t), manifest_sum(sample, len - sizeof(uint64_t)));
			}
			uint8_t *exact = malloc(len ? len : 1);
			memcpy(exact, sample, len);
			if (kind == 0) {
				struct entries e = { .id_len = test_random() % 4 ? SHA1_LEN : SHA256_LEN };
				entries_decode(&e, exact, len);
				entries_free(&e);
			} else if (kind == 1) {
				struct manifest got = { 0 };
				manifest_decode(&got, exact, len);
				manifest_free(&got);
			} else if (kind == 2) {
				struct begin b;
				begin_parse(&b, exact, len);
			} else {
				git_index_digest(exact, len, test_random() % 2 ? SHA1_LEN : SHA256_LEN, input);
			}
			free(exact);
		}
	buf_free(&list);
	buf_free(&manifest);
}

/* Whole conversations of frames that are nearly right. */
static void fuzz_conversations(void)
{
	static const char *const ops[] = { "prepare", "scan", "read" };
	CHECK(host_start(&h) && host_prepare(&h, "format=sha1\n", tree, NULL));
	for (int64_t until = now_ms() + 2 * BUDGET_MS; now_ms() < until;) {
		struct buf all = { 0 }, list = { 0 };
		CHECK(host_open(&h, ops[test_random() % 3]));
		add_frame(&all, WIRE_BEGIN, "format=sha1\nforce=1\n", test_random() % 4 ? 20 : 12);
		for (const struct thing *t = tree; t->path; t++)
			put_entry(&list, t, t->path, strlen(t->path));
		if (test_random() % 4)
			add_frame(&all, WIRE_LIST, list.p, list.len);
		if (test_random() % 4)
			add_frame(&all, WIRE_LISTED, "", 0);
		for (unsigned k = test_random() % 12; k > 0; k--) {
			static const uint8_t types[] = { WIRE_FILE, WIRE_DATA, WIRE_FILED, WIRE_SKIP, WIRE_GIT, WIRE_COMMIT, WIRE_VERDICT, WIRE_PATHS, WIRE_ASKED };
			uint8_t payload[64] = { 0, 0, 0, 0, 0, 0, 0x81, 0xa4 };
			for (unsigned n = test_random() % 4; n > 0; n--)
				payload[test_random() % sizeof payload] = (uint8_t)test_random();
			static const size_t lens[] = { 24, 20, 4, 0, 10, 24, 1 };
			add_frame(&all, types[test_random() % countof(types)], payload, lens[test_random() % countof(lens)]);
		}
		if (test_random() % 2)
			all.p[test_random() % all.len] ^= (char)(1 << test_random() % 8);
		CHECK(peer_send(&h.p, all.p, all.len) || true);
		shutdown(h.p.fd, SHUT_WR);
		CHECK(peer_all(&h.p));
		host_close(&h);
		buf_free(&all);
		buf_free(&list);
	}
	CHECK(host_prepare(&h, "format=sha1\nforce=1\n", tree, NULL));
	host_end(&h);
}

const struct test hostile_tests[] = {
	{ "hostile: lists", bad_lists }, { "hostile: frames", bad_frames }, { "hostile: requests", bad_requests },
	{ "hostile: planted links", planted_links }, { "hostile: planted .git", planted_git },
	{ "hostile: a directory in the place of a file", directory_in_the_place },
	{ "hostile: verdicts", wrong_verdicts }, { "hostile: every cut", every_cut },
	{ "hostile: fuzzed messages", fuzz_decoders }, { "hostile: fuzzed conversations", fuzz_conversations },
	{ NULL, NULL },
};
