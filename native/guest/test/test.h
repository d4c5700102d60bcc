/* A test is a function; it fails when a CHECK in it fails. */
#ifndef BANGER_TEST_H
#define BANGER_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct test {
	const char *name;
	void (*fn)(void);
};

void test_fail(const char *file, int line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#define CHECK(condition)                                                   \
	do {                                                               \
		if (!(condition)) {                                        \
			test_fail(__FILE__, __LINE__, "%s", #condition);   \
			return;                                            \
		}                                                          \
	} while (0)
#define CHECK_TEXT(got, want)                                              \
	do {                                                               \
		const char *got_ = (got);                                  \
		if (!got_ || strcmp(got_, want)) {                         \
			test_fail(__FILE__, __LINE__, "%s is \"%s\"", #got, got_ ? got_ : "NULL"); \
			return;                                            \
		}                                                          \
	} while (0)
/* In helpers that return a value: notes the failure and goes on. */
#define EXPECT(condition) \
	((condition) ? true : (test_fail(__FILE__, __LINE__, "%s", #condition), false))

#define DEADLINE_MS 10000

extern const struct test util_tests[], control_tests[], mux_tests[], http_tests[], exec_tests[],
	tar_tests[], config_tests[], ports_tests[], core_tests[], fuzz_tests[], prepare_tests[],
	scan_tests[], hostile_tests[], modprobe_tests[], connections_tests[], settle_tests[];

/* A fresh directory, removed at the end of the run. */
const char *test_dir(void);
/* xorshift: the same bytes in every run. */
uint32_t test_random(void);
void test_seed(uint32_t seed);
/* Path below the test directory, in one of a few static buffers. */
const char *test_path(const char *dir, const char *name);
bool test_write(const char *path, const char *text);
/* The file's content (static), or NULL. */
const char *test_read(const char *path);
int test_open_fds(void);

#endif
