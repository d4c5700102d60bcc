#include "test.h"

#include "../modprobe.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char dep[] = "kernel/net/a-b.ko:\nkernel/net/c.ko.xz: kernel/net/a-b.ko\n"
			  "kernel/net/d.ko: kernel/net/c.ko.xz kernel/net/a-b.ko\nno colon\n\n";
static const char aliases[] = "# a comment\nalias net-pf-10 d\nalias pci:v00008086d*sv* c\nalias fs-x a_b\nalias fs-x d\nalias short\n";

static const char *files(const char *name)
{
	static struct buf b;
	const char *dir = test_dir();
	b.len = 0;
	buf_add(&b, "", 0);
	if (!test_write(test_path(dir, "modules.dep"), dep) || !test_write(test_path(dir, "modules.alias"), aliases))
		return NULL;
	int at = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool ok = modprobe_files(at, name, &b);
	close(at);
	for (size_t i = 0; i < b.len; i++)
		if (!b.p[i])
			b.p[i] = ' ';
	return ok ? b.p : NULL;
}

static void what_is_needed_first(void)
{
	CHECK_TEXT(files("d"), "kernel/net/a-b.ko kernel/net/c.ko.xz kernel/net/d.ko ");
	/* Names with either dash. */
	CHECK_TEXT(files("a-b"), "kernel/net/a-b.ko ");
	CHECK_TEXT(files("a_b"), "kernel/net/a-b.ko ");
	CHECK_TEXT(files("c"), "kernel/net/a-b.ko kernel/net/c.ko.xz ");
}

static void by_alias(void)
{
	CHECK_TEXT(files("net-pf-10"), "kernel/net/a-b.ko kernel/net/c.ko.xz kernel/net/d.ko ");
	CHECK_TEXT(files("pci:v00008086d1234sv5"), "kernel/net/a-b.ko kernel/net/c.ko.xz ");
	/* All that claim it, each file once. */
	CHECK_TEXT(files("fs-x"), "kernel/net/a-b.ko kernel/net/c.ko.xz kernel/net/d.ko ");
	CHECK_TEXT(files("nothing"), "");
	CHECK_TEXT(files(""), "");
}

const struct test modprobe_tests[] = {
	{ "modprobe: what is needed comes first", what_is_needed_first }, { "modprobe: aliases", by_alias }, { NULL, NULL },
};
