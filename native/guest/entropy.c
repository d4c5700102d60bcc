#include "entropy.h"

#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

bool entropy_add(const uint8_t seed[32], char error[CONFIG_ERROR])
{
	struct {
		struct rand_pool_info info;
		uint8_t bytes[32];
	} pool = { .info = { .entropy_count = 256, .buf_size = 32 } };
	memcpy(pool.info.buf, seed, 32);
	int fd = open("/dev/urandom", O_WRONLY | O_CLOEXEC);
	/* The first alone leaves what is drawn next the same in two clones. */
	bool ok = fd >= 0 && ioctl(fd, RNDADDENTROPY, &pool) == 0 && ioctl(fd, RNDRESEEDCRNG) == 0;
	if (!ok)
		snprintf(error, CONFIG_ERROR, "random pool: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	explicit_bzero(&pool, sizeof pool);
	return ok;
}

bool entropy_set_clock(uint64_t ns, char error[CONFIG_ERROR])
{
	struct timespec now, t = { (time_t)(ns / 1000000000), (long)(ns % 1000000000) };
	clock_gettime(CLOCK_REALTIME, &now);
	if (t.tv_sec < now.tv_sec - 1)
		log_line("clock set back by %lld s", (long long)(now.tv_sec - t.tv_sec));
	if (clock_settime(CLOCK_REALTIME, &t) == 0)
		return true;
	snprintf(error, CONFIG_ERROR, "clock: %s", strerror(errno));
	return false;
}
