#include "power.h"

#include <sys/reboot.h>
#include <unistd.h>

void power_cut(bool reset)
{
	sync();
	reboot(reset ? RB_AUTOBOOT : RB_POWER_OFF);
	/* Neither worked. */
	reboot(RB_HALT_SYSTEM);
	for (;;)
		pause();
}
