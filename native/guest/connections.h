/* TCP connections of a machine that goes on under another address. */
#ifndef BANGER_CONNECTIONS_H
#define BANGER_CONNECTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* Ends those that are bound to an IPv4 address (network order), also where a socket of IPv6 holds them. Best effort: not
   every kernel can. */
void connections_drop(uint32_t address);

/* Whether a line of /proc/net/tcp or tcp6 is one of them. */
bool connections_is_of(const char *line, uint32_t address);

#endif
