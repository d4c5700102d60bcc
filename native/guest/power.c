#include "power.h"

#include "core.h"
#include "util.h"

#include <fcntl.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

void power_cut(bool reset)
{
	sync();
	reboot(reset ? RB_AUTOBOOT : RB_POWER_OFF);
	/* Neither worked. */
	reboot(RB_HALT_SYSTEM);
	for (;;)
		pause();
}

static void on_event(struct source *source, uint32_t events)
{
	struct core *c = (struct core *)((char *)source - offsetof(struct core, power));
	static const char *const verbs[] = { "poweroff", "reboot", "halt" };
	char text[64];
	ssize_t n = read(source->fd, text, sizeof text - 1);
	(void)events;
	if (n <= 0)
		return;
	text[n] = 0;
	text[strcspn(text, "\n")] = 0;
	for (unsigned i = 0; i < countof(verbs); i++) {
		if (strcmp(text, verbs[i]))
			continue;
		control_say(&c->control, "power %s", verbs[i]);
		control_flush(&c->control);
		/* Firecracker ends with a reset only; the file systems are down by now. */
		if (c->transport == VIA_VSOCK && i != 1)
			c->off_at = now_ms() + 100;
	}
}

void power_watch(struct core *c)
{
	unlink(POWER_FIFO);
	if (mkfifo(POWER_FIFO, 0600) < 0)
		return;
	/* For both ways: so that it never reports an end, and a writer never waits for us. */
	c->power.fd = open(POWER_FIFO, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	c->power.fn = on_event;
	if (c->power.fd >= 0 && !loop_add(&c->loop, &c->power))
		loop_close(&c->loop, &c->power);
}
