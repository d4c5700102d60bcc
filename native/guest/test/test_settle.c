#include "test.h"

#include "../settle.h"

#include <string.h>

static void forks(void)
{
	uint64_t n = 7;
	CHECK(settle_forks("cpu  1 2 3\nintr 5\nbtime 1\nprocesses 4321\nprocs_running 1\n", &n) && n == 4321);
	CHECK(settle_forks("cpu\nprocesses 18446744073709551615\n", &n) && n == UINT64_MAX);
	CHECK(settle_forks("cpu\nprocesses 1", &n) && n == 1);
	/* Another line's name, a name without a figure, no such line. */
	n = 7;
	CHECK(!settle_forks("cpu\nprocesses_all 5\n", &n) && !settle_forks("cpu\nxprocesses 5\n", &n));
	CHECK(!settle_forks("cpu\nprocesses \n5\n", &n) && !settle_forks("cpu\nprocesses x\n", &n));
	CHECK(!settle_forks("", &n) && !settle_forks("cpu 1\n", &n) && n == 7);
}

static void sectors(void)
{
	static const char stats[] =
		" 254       0 vda 10 20 300 40 50 60 700 80 0 90 100 0 0 0 0 0 0\n"
		" 254      16 vdb 1 2 1000 4 5 6 24 8 0 9 10 0 0 0 0 0 0\n"
		" 254      17 vdb1 1 2 5 4 5 6 6 8 0 9 10\n"
		" 254      48 vdd 9 9 9\n";
	uint64_t n = 7;
	CHECK(settle_sectors(stats, "vdb", &n) && n == 1024);
	CHECK(settle_sectors(stats, "vda", &n) && n == 1000);
	CHECK(settle_sectors(stats, "vdb1", &n) && n == 11);
	/* Not there, part of a name, a line that was cut. */
	n = 7;
	CHECK(!settle_sectors(stats, "vdc", &n) && !settle_sectors(stats, "vd", &n) && !settle_sectors(stats, "vdd", &n));
	CHECK(!settle_sectors("", "vdb", &n) && !settle_sectors("what\n\n is this\n", "vdb", &n) && n == 7);
	/* A name longer than any of ours is none of ours. */
	CHECK(!settle_sectors("1 1 vdbvdbvdbvdbvdbvdbvdbvdbvdbvdbvdbvdb 1 1 1 1 1 1 1\n", "vdb", &n));
}

static void memory(void)
{
	static const char info[] = "MemTotal:         252420 kB\nMemFree:           31812 kB\nMemAvailable:     199000 kB\n";
	uint64_t kib = 7;
	CHECK(settle_memory(info, "MemFree", &kib) && kib == 31812);
	CHECK(settle_memory(info, "MemTotal", &kib) && kib == 252420);
	CHECK(settle_memory(info, "MemAvailable", &kib) && kib == 199000);
	kib = 7;
	CHECK(!settle_memory(info, "Mem", &kib) && !settle_memory(info, "SwapFree", &kib));
	CHECK(!settle_memory(info, "Free", &kib) && !settle_memory("", "MemFree", &kib) && kib == 7);
}

static void an_agent_that_is_the_init_waits_for_nobody(void)
{
	char why[100] = "";
	CHECK(settle_wait("agent", 0, why, sizeof why));
	CHECK_TEXT(why, "");
}

const struct test settle_tests[] = {
	{ "settle: forks", forks },
	{ "settle: sectors", sectors },
	{ "settle: memory", memory },
	{ "settle: nobody to wait for", an_agent_that_is_the_init_waits_for_nobody },
	{ NULL, NULL },
};
