/* Just enough netlink. */
#ifndef BANGER_NETLINK_H
#define BANGER_NETLINK_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct netlink {
	int fd;
	uint32_t seq;
	union {
		struct nlmsghdr h;
		char space[512];
	} m;
};

bool netlink_open(struct netlink *n, int protocol);
void netlink_close(struct netlink *n);
void netlink_begin(struct netlink *n, uint16_t type, uint16_t flags, const void *body, size_t len);
void netlink_attr(struct netlink *n, uint16_t type, const void *data, size_t len);
/* Sends and waits for the kernel's answer; false with errno. */
bool netlink_send(struct netlink *n);
/* Sends a dump request and hands every message to fn. */
bool netlink_dump(struct netlink *n, void (*fn)(void *ctx, const struct nlmsghdr *h), void *ctx);
bool netlink_up(int index, bool *up);

#endif
