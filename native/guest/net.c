#include "net.h"

#include "connections.h"
#include "netlink.h"
#include "util.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CARD "eth0"

static bool link_set(struct netlink *n, int index, unsigned flags, const uint8_t *mac)
{
	struct ifinfomsg i = { .ifi_index = index, .ifi_flags = flags, .ifi_change = IFF_UP };
	netlink_begin(n, RTM_NEWLINK, 0, &i, sizeof i);
	if (mac)
		netlink_attr(n, IFLA_ADDRESS, mac, 6);
	return netlink_send(n);
}

static bool address_set(struct netlink *n, int index, const struct config *c)
{
	struct ifaddrmsg a = { .ifa_family = AF_INET, .ifa_prefixlen = (uint8_t)c->prefix,
			       .ifa_index = (unsigned)index };
	netlink_begin(n, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, &a, sizeof a);
	netlink_attr(n, IFA_LOCAL, &c->address, 4);
	netlink_attr(n, IFA_ADDRESS, &c->address, 4);
	if (c->prefix < 31) {
		uint32_t broadcast = c->address.s_addr | htonl(c->prefix ? ~0u >> c->prefix : ~0u);
		netlink_attr(n, IFA_BROADCAST, &broadcast, 4);
	}
	return netlink_send(n);
}

static bool gateway_set(struct netlink *n, int index, const struct config *c)
{
	struct rtmsg r = { .rtm_family = AF_INET, .rtm_table = RT_TABLE_MAIN, .rtm_protocol = RTPROT_STATIC,
			   .rtm_scope = RT_SCOPE_UNIVERSE, .rtm_type = RTN_UNICAST };
	netlink_begin(n, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &r, sizeof r);
	netlink_attr(n, RTA_GATEWAY, &c->gateway, 4);
	netlink_attr(n, RTA_OIF, &index, 4);
	return netlink_send(n);
}

struct old {
	struct netlink *n;
	int index;
	uint32_t address[8];   /* more than one only where the guest added it */
	unsigned count;
};

/* One address of a dump: deleted when it is on the card. */
static void drop_address(void *ctx, const struct nlmsghdr *h)
{
	struct old *old = ctx;
	const struct ifaddrmsg *a = NLMSG_DATA(h);
	if (h->nlmsg_type != RTM_NEWADDR || (int)a->ifa_index != old->index)
		return;
	struct ifaddrmsg d = *a;
	netlink_begin(old->n, RTM_DELADDR, 0, &d, sizeof d);
	int len = (int)IFA_PAYLOAD(h);
	for (const struct rtattr *r = IFA_RTA(a); RTA_OK(r, len); r = RTA_NEXT(r, len)) {
		if (r->rta_type == IFA_LOCAL || r->rta_type == IFA_ADDRESS)
			netlink_attr(old->n, r->rta_type, RTA_DATA(r), RTA_PAYLOAD(r));
		if (a->ifa_family == AF_INET && r->rta_type == IFA_LOCAL && RTA_PAYLOAD(r) == 4 &&
		    old->count < countof(old->address))
			memcpy(&old->address[old->count++], RTA_DATA(r), 4);
	}
	netlink_send(old->n);
}

/* Connections tracked under the old address. Where nothing was ever tracked, asking would load the tracker. */
static void flush_conntrack(void)
{
	struct netlink n;
	struct nfgenmsg g = { .nfgen_family = AF_UNSPEC };
	if (access("/proc/sys/net/netfilter/nf_conntrack_count", F_OK) < 0 || !netlink_open(&n, NETLINK_NETFILTER))
		return;
	netlink_begin(&n, NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE, 0, &g, sizeof g);
	netlink_send(&n);
	netlink_close(&n);
}

static bool card(struct netlink *n, const struct config *c, const char **what)
{
	int index = (int)if_nametoindex(CARD);
	*what = "no network card " CARD;
	if (!index)
		return false;
	struct netlink dump;
	struct old old = { .n = n, .index = index };
	bool running;
	*what = CARD " state";
	if (!netlink_up(index, &running))
		return false;
	if (running) {
		/* A machine that was restored: everything of its origin goes. Down takes the routes and
		   neighbours, then the addresses, then what was tracked. */
		*what = CARD " down";
		if (!link_set(n, index, 0, NULL))
			return false;
		*what = CARD " old addresses";
		if (!netlink_open(&dump, NETLINK_ROUTE))
			return false;
		struct ifaddrmsg all = { .ifa_family = AF_UNSPEC };
		netlink_begin(&dump, RTM_GETADDR, NLM_F_DUMP, &all, sizeof all);
		bool ok = netlink_dump(&dump, drop_address, &old);
		netlink_close(&dump);
		if (!ok)
			return false;
		for (unsigned i = 0; i < old.count; i++)
			if (old.address[i] != c->address.s_addr)
				connections_drop(old.address[i]);
		flush_conntrack();
	}
	*what = CARD " hardware address";
	if (c->has_mac && !link_set(n, index, 0, c->mac))
		return false;
	*what = CARD " address";
	if (!address_set(n, index, c))
		return false;
	*what = CARD " up";
	if (!link_set(n, index, IFF_UP, NULL))
		return false;
	*what = "default route";
	return !c->has_gateway || gateway_set(n, index, c);
}

bool net_apply(const struct config *conf, char error[CONFIG_ERROR])
{
	struct netlink n;
	const char *what = "netlink";
	bool ok = netlink_open(&n, NETLINK_ROUTE);
	if (ok) {
		what = "lo";
		ok = link_set(&n, (int)if_nametoindex("lo"), IFF_UP, NULL);
		if (ok && conf->has_address)
			ok = card(&n, conf, &what);
		int err = errno;
		netlink_close(&n);
		errno = err;
	}
	if (!ok)
		snprintf(error, CONFIG_ERROR, "network: %s: %s", what, strerror(errno));
	return ok;
}
