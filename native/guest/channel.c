/* Finding and opening the channel: virtio-serial ports by name, or vsock. */
#include "core.h"

#include "log.h"
#include "util.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PORTS "/sys/class/virtio-ports"

int channel_find_port(const char *name)
{
	DIR *d = opendir(PORTS);
	int fd = -1;
	for (struct dirent *e; d && fd < 0 && (e = readdir(d));) {
		char path[300];
		size_t len = strlen(name);
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, PORTS "/%s/name", e->d_name);
		char *text = read_file_at(AT_FDCWD, path, 256, NULL);
		bool match = text && !strncmp(text, name, len) && (text[len] == '\n' || !text[len]);
		free(text);
		if (!match)
			continue;
		snprintf(path, sizeof path, "/dev/%s", e->d_name);
		fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	}
	if (d)
		closedir(d);
	return fd;
}

bool channel_open_streams(struct core *c)
{
	int fd = c->transport == VIA_PORTS ? channel_find_port("banger.streams") : -1;
	return fd >= 0 && mux_attach(&c->mux, fd);
}

void channel_tick(struct core *c)
{
	if (c->transport == VIA_VSOCK) {
		c->channel_at = 0;
		vsock_connect_control(c);
		return;
	}
	int fd = channel_find_port("banger.control");
	if (fd >= 0) {
		c->channel_at = c->channel_until = 0;
		c->transport = VIA_PORTS;
		core_control_attach(c, fd);
		return;
	}
	if (vsock_open(c)) {
		c->channel_at = c->channel_until = 0;
		c->transport = VIA_VSOCK;
		vsock_connect_control(c);
		return;
	}
	/* A port's name comes a moment after its driver. */
	c->channel_at = now_ms() + 2;
	if (c->channel_until && now_ms() >= c->channel_until) {
		c->channel_at = c->channel_until = 0;
		core_fail(c, "no channel to the host: neither a banger.control port nor vsock");
	}
}
