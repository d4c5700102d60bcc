/* Ending the machine. */
#ifndef BANGER_POWER_H
#define BANGER_POWER_H

#include <stdbool.h>

/* At once, after a sync. reset: by a reset, where switching off does not end the machine. */
void power_cut(bool reset) __attribute__((noreturn));

#endif
