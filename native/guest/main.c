#include "boot.h"

#include "modprobe.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifndef BUILD_ID
#define BUILD_ID "0"
#endif

int main(int argc, char **argv)
{
	if (argc && !strcmp(argv[0], MODPROBE))
		return modprobe_main(argc, argv);
	if (getpid() == 1)
		boot_main();
	printf("banger-guest %s: runs as /init of a guest\n", BUILD_ID);
	return 2;
}
