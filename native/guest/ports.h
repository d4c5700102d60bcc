/* Who listens inside the guest: the kernel's tables, read by ourselves. */
#ifndef BANGER_PORTS_H
#define BANGER_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { PORTS_MAX = 4096 };

struct listener {
	const char *protocol;  /* tcp or udp */
	char address[48];
	unsigned port;
	uint64_t inode;
	pid_t pid;             /* 0: unknown */
	char command[64];      /* percent-encoded */
};

struct listeners {
	size_t count;
	struct listener list[PORTS_MAX];
};

/* Adds the listeners of one table (/proc/net/tcp, tcp6, udp, udp6); lines that do not parse are
   passed over. */
void ports_parse(struct listeners *l, const char *text, bool tcp, bool six);
/* Finds the process of each: the one with the lowest number that is not process 1. */
void ports_find_owners(struct listeners *l, const char *proc);
void ports_encode(char *out, size_t size, const char *text);

#endif
