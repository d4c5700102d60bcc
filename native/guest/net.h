/* The network of the machine: lo and eth0, set over rtnetlink. */
#ifndef BANGER_NET_H
#define BANGER_NET_H

#include "config.h"

#include <stdbool.h>

/* Brings lo up; with an address: eth0 gets mac, address and default route, and loses all others. */
bool net_apply(const struct config *conf, char error[CONFIG_ERROR]);

#endif
