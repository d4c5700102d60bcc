/* TCP connections of a machine that goes on under another address. */
#ifndef BANGER_CONNECTIONS_H
#define BANGER_CONNECTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* Ends those that are bound to another IPv4 address than keep (network order) or loopback, also where a socket of
   IPv6 holds them. Best effort: not every kernel can. */
void connections_drop(uint32_t keep);

/* Whether a line of /proc/net/tcp or tcp6 is one of them. */
bool connections_is_old(const char *line, uint32_t keep);

#endif
