#include "test.h"

#include "../connections.h"

#include <arpa/inet.h>

#define REST " 00000000:00000000 00:00000000 00000000     0        0 11 1 00000000 20 4 30 10 -1\n"
#define MAPPED "0000000000000000FFFF0000"

static bool is_old(const char *line)
{
	return connections_is_of(line, inet_addr("172.16.0.2"));
}

static void of_the_address(void)
{
	CHECK(is_old("   0: 020010AC:0016 010010AC:D2F0 01" REST));
	/* Waits for the other side to close. */
	CHECK(is_old("  12: 020010AC:0016 010010AC:D2F0 05" REST));
	CHECK(is_old("   0: " MAPPED "020010AC:0016 " MAPPED "010010AC:D2F0 01" REST));
}

static void of_others(void)
{
	CHECK(!is_old("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"));
	CHECK(!is_old("   0: 020010AC:0016 00000000:0000 0A" REST));
	/* Of another network of the machine, a container's. */
	CHECK(!is_old("   0: 010011AC:0016 020011AC:D2F0 01" REST));
	CHECK(!is_old("   0: 090010AC:0016 010010AC:D2F0 01" REST));
	CHECK(!is_old("   0: 0100007F:0016 0100007F:D2F0 01" REST));
	CHECK(!is_old("   0: " MAPPED "0100007F:0016 " MAPPED "0100007F:D2F0 01" REST));
	/* ::1, and an address of IPv6's own. */
	CHECK(!is_old("   0: 00000000000000000000000001000000:0016 00000000000000000000000001000000:D2F0 01" REST));
	CHECK(!is_old("   0: 000080FE00000000000000000200A8C0:0016 000080FE00000000000000000100A8C0:D2F0 01" REST));
}

static void of_no_known_form(void)
{
	CHECK(!is_old(""));
	CHECK(!is_old("   0: 020010:0016 010010AC:D2F0 01" REST));
	CHECK(!is_old("   0: 020010AC020010AC:0016 010010AC:D2F0 01" REST));
	CHECK(!is_old("   0: 020010AC:0016"));
}

const struct test connections_tests[] = {
	{ "connections: of the address", of_the_address },
	{ "connections: of others", of_others },
	{ "connections: lines of no known form", of_no_known_form },
	{ NULL, NULL },
};
