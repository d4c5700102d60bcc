/* The configuration archive: what may be in it, and the values of banger.conf. */
#ifndef BANGER_CONFIG_H
#define BANGER_CONFIG_H

#include "cpio.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

enum { CONFIG_MAX = 8 * 1024 * 1024, CONFIG_RESOLVERS = 8, CONFIG_ERROR = 300 };

struct config {
	char id[13], machine_id[33], hostname[65];
	bool has_address, has_gateway, has_mac, has_seed;
	bool saved;    /* others will continue from this machine */
	bool template; /* and it is nobody's: vdc is left alone */
	struct in_addr address, gateway;
	unsigned prefix;
	uint8_t mac[6], seed[32];
	uint64_t time; /* unix nanoseconds, 0: not given */
	uint64_t overlay, work; /* bytes of vdb and vdc, 0: not given */
	unsigned resolvers;
	char resolver[CONFIG_RESOLVERS][INET6_ADDRSTRLEN];
};

enum config_kind { CONFIG_PUT, CONFIG_ABSENT, CONFIG_MERGE };

/* Checks the whole archive, every member and value; error holds the fact. */
bool config_check(const void *data, size_t len, struct config *out, char error[CONFIG_ERROR]);
/* Kind and path (relative, checked) of a member behind banger.conf. */
bool config_member(const struct cpio_member *m, enum config_kind *kind, const char **path);
bool config_parse(const char *text, size_t len, struct config *out, char error[CONFIG_ERROR]);

#endif
