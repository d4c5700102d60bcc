#include "log.h"

#include "util.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool kernel;
static int direct = 2;

void log_to_kernel(void)
{
	kernel = true;
}

void log_to(int fd)
{
	direct = fd;
}

void log_line(const char *fmt, ...)
{
	char text[600], clean[600], line[640];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	printable(clean, sizeof clean, text);
	int fd = kernel ? open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NONBLOCK) : direct;
	if (fd < 0)
		return;
	snprintf(line, sizeof line, "%sbanger: %s\n", kernel ? "<3>" : "", clean);
	if (write(fd, line, strlen(line)) < 0) {
		/* There is nobody left to tell. */
	}
	if (kernel)
		close(fd);
}
