#include "netlink.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* After the libc headers, which define part of it. */
#include <linux/rtnetlink.h>

bool netlink_open(struct netlink *n, int protocol)
{
	memset(n, 0, sizeof *n);
	n->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (n->fd < 0)
		return false;
	struct timeval limit = { 5, 0 };
	setsockopt(n->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	return true;
}

void netlink_close(struct netlink *n)
{
	close(n->fd);
}

void netlink_begin(struct netlink *n, uint16_t type, uint16_t flags, const void *body, size_t len)
{
	memset(&n->m, 0, sizeof n->m);
	n->m.h.nlmsg_type = type;
	n->m.h.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	/* Its bits are shared with NLM_F_REPLACE. */
	if ((flags & NLM_F_DUMP) != NLM_F_DUMP)
		n->m.h.nlmsg_flags |= NLM_F_ACK;
	n->m.h.nlmsg_seq = ++n->seq;
	n->m.h.nlmsg_len = NLMSG_LENGTH(len);
	memcpy(NLMSG_DATA(&n->m.h), body, len);
}

void netlink_attr(struct netlink *n, uint16_t type, const void *data, size_t len)
{
	size_t at = NLMSG_ALIGN(n->m.h.nlmsg_len);
	struct rtattr *r = (struct rtattr *)(n->m.space + at);
	if (at + RTA_SPACE(len) > sizeof n->m.space)
		return;
	r->rta_type = type;
	r->rta_len = (unsigned short)RTA_LENGTH(len);
	memcpy(RTA_DATA(r), data, len);
	n->m.h.nlmsg_len = (uint32_t)(at + RTA_LENGTH(len));
}

static bool put(struct netlink *n)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	return sendto(n->fd, &n->m, n->m.h.nlmsg_len, 0, (struct sockaddr *)&kernel, sizeof kernel) >= 0;
}

bool netlink_dump(struct netlink *n, void (*fn)(void *ctx, const struct nlmsghdr *h), void *ctx)
{
	_Alignas(8) char space[16384];
	if (!put(n))
		return false;
	for (;;) {
		ssize_t got = recv(n->fd, space, sizeof space, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		size_t len = (size_t)got;
		for (struct nlmsghdr *h = (struct nlmsghdr *)space; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len)) {
			if (h->nlmsg_seq != n->seq)
				continue;
			if (h->nlmsg_type == NLMSG_DONE)
				return true;
			if (h->nlmsg_type == NLMSG_ERROR) {
				const struct nlmsgerr *e = NLMSG_DATA(h);
				errno = -e->error;
				return e->error == 0;
			}
			if (fn)
				fn(ctx, h);
		}
	}
}

bool netlink_send(struct netlink *n)
{
	return netlink_dump(n, NULL, NULL);
}

bool netlink_up(int index, bool *up)
{
	struct ifreq r;
	memset(&r, 0, sizeof r);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ok = fd >= 0 && if_indextoname((unsigned)index, r.ifr_name) &&
		  ioctl(fd, SIOCGIFFLAGS, &r) == 0;
	if (ok)
		*up = r.ifr_flags & IFF_UP;
	if (fd >= 0)
		close(fd);
	return ok;
}
