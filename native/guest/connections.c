#include "connections.h"

#include "netlink.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* The kernel's numbers of states that have no peer. */
enum { CLOSED = 7, LISTENS = 10 };

/* The IPv4 address that a socket of either family is bound to; 0: none. */
static uint32_t ipv4(bool v6, const uint32_t a[4])
{
	if (!v6)
		return a[0];
	return !a[0] && !a[1] && a[2] == htonl(0xffff) ? a[3] : 0;
}

bool connections_is_of(const char *line, uint32_t address)
{
	char text[33];
	unsigned state;
	uint32_t a[4] = { 0 };
	/* Each word of an address is printed as the number that lies in memory. */
	if (sscanf(line, " %*u: %32[0-9A-F]:%*4x %*[0-9A-F]:%*4x %2x", text, &state) != 2)
		return false;
	size_t len = strlen(text);
	if (len != 8 && len != 32)
		return false;
	for (size_t i = 0; i < len / 8; i++)
		if (sscanf(text + 8 * i, "%8x", &a[i]) != 1)
			return false;
	return state != CLOSED && state != LISTENS && ipv4(len == 32, a) == address;
}

/* Asking the kernel loads modules, 0.7 s of an emulated guest, so it is asked only where there is something to end. */
static bool any(const char *path, uint32_t address)
{
	char line[512];
	bool found = false;
	FILE *f = fopen(path, "re");
	if (!f)
		return false;
	while (!found && fgets(line, sizeof line, f))
		found = connections_is_of(line, address);
	fclose(f);
	return found;
}

struct drop {
	struct netlink kill;
	uint32_t address;
	uint8_t family;
};

static void drop_one(void *ctx, const struct nlmsghdr *h)
{
	struct drop *d = ctx;
	const struct inet_diag_msg *m = NLMSG_DATA(h);
	if (h->nlmsg_type != SOCK_DIAG_BY_FAMILY || ipv4(d->family == AF_INET6, m->id.idiag_src) != d->address)
		return;
	struct inet_diag_req_v2 r = { .sdiag_family = d->family, .sdiag_protocol = IPPROTO_TCP,
				      .idiag_states = ~0u, .id = m->id };
	netlink_begin(&d->kill, SOCK_DESTROY, 0, &r, sizeof r);
	netlink_send(&d->kill);
}

static void drop(uint8_t family, uint32_t address)
{
	struct netlink dump;
	static struct drop d;
	d.address = address;
	d.family = family;
	if (!netlink_open(&dump, NETLINK_SOCK_DIAG))
		return;
	struct inet_diag_req_v2 r = { .sdiag_family = family, .sdiag_protocol = IPPROTO_TCP,
				      .idiag_states = ~(1u << LISTENS | 1u << CLOSED) };
	if (netlink_open(&d.kill, NETLINK_SOCK_DIAG)) {
		netlink_begin(&dump, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &r, sizeof r);
		netlink_dump(&dump, drop_one, &d);
		netlink_close(&d.kill);
	}
	netlink_close(&dump);
}

void connections_drop(uint32_t address)
{
	if (any("/proc/net/tcp", address))
		drop(AF_INET, address);
	if (any("/proc/net/tcp6", address))
		drop(AF_INET6, address);
}
