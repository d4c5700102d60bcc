#include "peer.h"
#include "test.h"

#include "../apply.h"
#include "../config.h"
#include "../seed.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct buf archive;
static char error[CONFIG_ERROR];
static struct config conf;

static void add(const char *name, mode_t mode, const char *data, size_t len)
{
	cpio_add(&archive, name, mode, data, len);
}

static void file(const char *name, const char *text)
{
	add(name, S_IFREG | 0640, text, strlen(text));
}

static void begin(const char *text)
{
	archive.len = 0;
	file("banger.conf", text);
}

static bool check(void)
{
	add("TRAILER!!!", 0, "", 0);
	return config_check(archive.p, archive.len, &conf, error);
}

static void values(void)
{
	begin("id=0123456789ab\nmachine-id=0123456789abcdef0123456789abcdef\nhostname=my-vm\naddress=172.16.0.4/24\n"
	      "gateway=172.16.0.1\nresolver=10.0.0.1\nresolver=fd00::1\nmac=02:00:00:00:00:2a\ntime=1700000000000000001\n"
	      "seed=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\ntemplate=1\noverlay=8589934592\n"
	      "work=9223372036854775807\nfuture=thing\n");
	CHECK(check());
	CHECK_TEXT(conf.id, "0123456789ab");
	CHECK_TEXT(conf.hostname, "my-vm");
	CHECK(conf.has_address && conf.prefix == 24 && conf.address.s_addr == inet_addr("172.16.0.4"));
	CHECK(conf.has_gateway && conf.resolvers == 2 && !strcmp(conf.resolver[1], "fd00::1"));
	CHECK(conf.has_mac && conf.mac[5] == 0x2a && conf.time == 1700000000000000001u);
	CHECK(conf.has_seed && conf.seed[31] == 0x1f && conf.template && conf.saved);
	CHECK(conf.overlay == 8589934592u && conf.work == INT64_MAX);
	begin("");
	CHECK(check() && !conf.overlay && !conf.work && !conf.has_address && !conf.template && !conf.saved);
	begin("saved=1\n");
	CHECK(check() && conf.saved && !conf.template);
}

static void bad_values(void)
{
	static const char *const bad[] = {
		"id=0123", "id=0123456789AB", "machine-id=x", "hostname=", "hostname=a b", "hostname=-a", "hostname=a\tb",
		"address=172.16.0.4", "address=172.16.0.4/33", "address=/24", "address=1.2.3/24", "gateway=1.2.3.4",
		"address=10.0.0.2/24\ngateway=x", "resolver=dns.example", "mac=02:00:00:00:00", "mac=01:00:00:00:00:01",
		"mac=02-00-00-00-00-01", "time=0", "time=-1", "time=1e9", "seed=00", "template=yes", "saved=2", "novalue",
		"overlay=-1", "work=1G", "work=9223372036854775808",
	};
	for (size_t i = 0; i < countof(bad); i++) {
		begin(bad[i]);
		if (check())
			test_fail(__FILE__, __LINE__, "\"%s\" accepted", bad[i]);
	}
	begin("seed=secret");
	CHECK(!check() && !strstr(error, "secret"));
}

static void hostile_members(void)
{
	static const char *const names[] = {
		"put/../etc/x", "put/a/../../x", "put//x", "put/", "put", "put/a/", "put/a//b", "put/./x", "put/a/.", "x",
		"/etc/x", "absent/..", "merge/..", "put/..", "banger.conf", "other/x",
	};
	for (size_t i = 0; i < countof(names); i++) {
		begin("");
		file(names[i], "x");
		if (check())
			test_fail(__FILE__, __LINE__, "\"%s\" accepted", names[i]);
	}
	static const mode_t modes[] = { S_IFCHR | 0600, S_IFBLK | 0600, S_IFIFO | 0600, S_IFSOCK | 0600, 0644 };
	for (size_t i = 0; i < countof(modes); i++) {
		begin("");
		add("put/x", modes[i], "", 0);
		CHECK(!check());
	}
	begin("");
	add("put/l", S_IFLNK | 0777, "", 0);
	CHECK(!check());
	begin("");
	add("put/l", S_IFLNK | 0777, "a\0b", 3);
	CHECK(!check());
	begin("");
	add("merge/l", S_IFLNK | 0777, "a", 1);
	CHECK(!check());
	begin("");
	add("put/d", S_IFDIR | 0755, "data", 4);
	CHECK(!check());
	archive.len = 0;
	file("put/x", "y");
	CHECK(!check());
	archive.len = 0;
	CHECK(!check());
}

static void every_truncation(void)
{
	begin("hostname=x\n");
	file("put/etc/thing", "content");
	CHECK(check());
	for (size_t n = 0; n < archive.len; n++) {
		/* A copy of exact size: reading past its end is caught. */
		char *copy = malloc(n ? n : 1);
		memcpy(copy, archive.p, n);
		bool ok = config_check(copy, n, &conf, error);
		free(copy);
		if (ok && n < archive.len - 3)
			test_fail(__FILE__, __LINE__, "accepted when cut at %zu of %zu", n, archive.len);
	}
}

static int root_fd;
static char root[100];

static void make_root(void)
{
	strcpy(root, test_dir());
	root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	mkdir(test_path(root, "etc"), 0755);
	mkdir(test_path(root, "run"), 0755);
}

static bool apply(void)
{
	bool ok = check() && apply_archive(root_fd, archive.p, archive.len, error);
	return ok;
}

static void put_absent_merge(void)
{
	struct stat st;
	make_root();
	CHECK(test_write(test_path(root, "etc/there"), "image's"));
	CHECK(test_write(test_path(root, "etc/lines"), "one\ntwo"));
	begin("");
	file("put/etc/there", "ours");
	file("put/new/deep/file", "deep");
	add("put/home", S_IFDIR | 0750, "", 0);
	add("put/etc/link", S_IFLNK | 0777, "there", 5);
	file("absent/etc/there", "not used");
	file("absent/etc/missing", "used");
	file("merge/etc/lines", "two\nthree\n\nthree\n");
	file("merge/etc/created", "a\nb");
	CHECK(apply());
	for (int round = 0; round < 2; round++) {
		CHECK_TEXT(test_read(test_path(root, "etc/there")), "ours");
		CHECK_TEXT(test_read(test_path(root, "new/deep/file")), "deep");
		CHECK_TEXT(test_read(test_path(root, "etc/link")), "ours");
		CHECK_TEXT(test_read(test_path(root, "etc/missing")), "used");
		CHECK_TEXT(test_read(test_path(root, "etc/lines")), "one\ntwo\nthree\n");
		CHECK_TEXT(test_read(test_path(root, "etc/created")), "a\nb\n");
		CHECK(stat(test_path(root, "home"), &st) == 0 && (st.st_mode & 07777) == 0750);
		CHECK(stat(test_path(root, "new/deep"), &st) == 0 && (st.st_mode & 07777) == 0755);
		CHECK(stat(test_path(root, "etc/there"), &st) == 0 && (st.st_mode & 07777) == 0640);
		/* The second time writes nothing. */
		struct stat before, after;
		CHECK(stat(test_path(root, "etc/there"), &before) == 0);
		CHECK(apply_archive(root_fd, archive.p, archive.len, error));
		CHECK(stat(test_path(root, "etc/there"), &after) == 0);
		CHECK(before.st_ino == after.st_ino && before.st_ctim.tv_nsec == after.st_ctim.tv_nsec);
	}
	close(root_fd);
}

static void links_of_the_image(void)
{
	char outside[100];
	make_root();
	strcpy(outside, test_dir());
	CHECK(test_write(test_path(outside, "precious"), "keep"));
	/* Absolute ones are meant inside the root; dots at the top go nowhere. */
	mkdir(test_path(root, "usr"), 0755);
	CHECK(symlink("/usr", test_path(root, "abs")) == 0);
	CHECK(symlink("../../../../../../..", test_path(root, "up")) == 0);
	CHECK(symlink(outside, test_path(root, "out")) == 0);
	CHECK(symlink(test_path(outside, "precious"), test_path(root, "etc/out")) == 0);
	begin("");
	file("put/abs/file", "in usr");
	file("put/up/etc/file", "at the top");
	file("put/etc/out", "replaced");
	CHECK(apply());
	CHECK_TEXT(test_read(test_path(root, "usr/file")), "in usr");
	CHECK_TEXT(test_read(test_path(root, "etc/file")), "at the top");
	CHECK_TEXT(test_read(test_path(root, "etc/out")), "replaced");
	begin("");
	file("put/out/precious", "evil");
	CHECK(!apply());
	CHECK(symlink(test_path(outside, "precious"), test_path(root, "etc/merge")) == 0);
	begin("");
	file("merge/etc/merge", "evil\n");
	apply();
	CHECK_TEXT(test_read(test_path(outside, "precious")), "keep");
	close(root_fd);
}

static void identity(void)
{
	struct stat st;
	make_root();
	CHECK(symlink("../run/resolve/stub", test_path(root, "etc/resolv.conf")) == 0);
	CHECK(test_write(test_path(root, "etc/fstab"), "UUID=gone /data ext4 defaults 0 2\n"));
	CHECK(test_write(test_path(root, "etc/hosts"), "127.0.0.1 localhost\n10.1.1.1 mine\n"));
	begin("hostname=first\nmachine-id=0123456789abcdef0123456789abcdef\nresolver=10.0.0.1\nresolver=10.0.0.2\n");
	CHECK(check() && apply_identity(root_fd, &conf, error));
	CHECK(lstat(test_path(root, "etc/resolv.conf"), &st) == 0 && S_ISREG(st.st_mode));
	CHECK_TEXT(test_read(test_path(root, "etc/resolv.conf")), "nameserver 10.0.0.1\nnameserver 10.0.0.2\n");
	CHECK_TEXT(test_read(test_path(root, "etc/hostname")), "first\n");
	CHECK_TEXT(test_read(test_path(root, "etc/machine-id")), "0123456789abcdef0123456789abcdef\n");
	CHECK_TEXT(test_read(test_path(root, "etc/hosts")), "127.0.0.1 localhost\n10.1.1.1 mine\n127.0.1.1 first # banger\n");
	CHECK(!strstr(test_read(test_path(root, "etc/fstab")), "UUID"));
	/* Another name replaces our line only; the user's additions stay. */
	CHECK(system(test_path("echo 'tmpfs /x tmpfs' >>", test_path(root + 1, "etc/fstab"))) == 0);
	begin("hostname=second\n");
	CHECK(check() && apply_identity(root_fd, &conf, error));
	CHECK_TEXT(test_read(test_path(root, "etc/hosts")), "127.0.0.1 localhost\n10.1.1.1 mine\n127.0.1.1 second # banger\n");
	CHECK(strstr(test_read(test_path(root, "etc/fstab")), "/x tmpfs"));
	CHECK_TEXT(test_read(test_path(root, "etc/machine-id")), "0123456789abcdef0123456789abcdef\n");
	/* Only where others will continue is logind held back. */
	const char *held = "run/systemd/system/systemd-logind.service.d/10-banger.conf";
	CHECK(access(test_path(root, held), F_OK) < 0);
	begin("saved=1\n");
	CHECK(check() && apply_identity(root_fd, &conf, error) && access(test_path(root, held), F_OK) == 0);
	close(root_fd);
}

static void seeding(void)
{
	char disk[100];
	struct stat st;
	make_root();
	strcpy(disk, test_dir());
	mkdir(test_path(root, "root"), 0700);
	mkdir(test_path(root, "root/.config"), 0750);
	CHECK(test_write(test_path(root, "root/.config/a"), "a") && test_write(test_path(root, "root/.bashrc"), "rc"));
	CHECK(symlink(".bashrc", test_path(root, "root/link")) == 0);
	CHECK(seed_work_disk(root_fd, disk, error));
	CHECK_TEXT(test_read(test_path(disk, "root/.config/a")), "a");
	CHECK_TEXT(test_read(test_path(disk, "root/link")), "rc");
	CHECK(stat(test_path(disk, "root/.config"), &st) == 0 && (st.st_mode & 07777) == 0750);
	CHECK(stat(test_path(disk, "root"), &st) == 0 && (st.st_mode & 07777) == 0700);
	CHECK(access(test_path(disk, ".seeded"), F_OK) == 0);
	/* Again over what an interrupted run left. */
	CHECK(test_write(test_path(disk, "root/.bashrc"), "half"));
	unlink(test_path(disk, ".seeded"));
	CHECK(seed_work_disk(root_fd, disk, error));
	CHECK_TEXT(test_read(test_path(disk, "root/.bashrc")), "rc");
	/* An image without /root. */
	close(root_fd);
	make_root();
	strcpy(disk, test_dir());
	for (int round = 0; round < 2; round++) {
		CHECK(seed_work_disk(root_fd, disk, error) && access(test_path(disk, "root"), F_OK) == 0);
		unlink(test_path(disk, ".seeded"));
	}
	close(root_fd);
	buf_free(&archive);
}

const struct test config_tests[] = {
	{ "config: values", values }, { "config: bad values", bad_values },
	{ "config: hostile members", hostile_members }, { "config: every truncation", every_truncation },
	{ "config: put, absent, merge, twice", put_absent_merge }, { "config: links of the image", links_of_the_image },
	{ "config: identity", identity }, { "config: filling the work disk", seeding }, { NULL, NULL },
};
