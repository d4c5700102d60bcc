#include "boot.h"

#include <stdio.h>
#include <unistd.h>

#ifndef BUILD_ID
#define BUILD_ID "0"
#endif

int main(void)
{
	if (getpid() == 1)
		boot_main();
	printf("banger-guest %s: runs as /init of a guest\n", BUILD_ID);
	return 2;
}
