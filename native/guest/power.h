/* Ending the machine. */
#ifndef BANGER_POWER_H
#define BANGER_POWER_H

#include <stdbool.h>

struct core;

/* What systemd's last step writes its verb to (apply.c installs that step). */
#define POWER_FIFO "/run/banger/power"

/* At once, after a sync. reset: by a reset, where switching off does not end the machine. */
void power_cut(bool reset) __attribute__((noreturn));
/* In the agent: passes on what the image's init says at its end. */
void power_watch(struct core *c);

#endif
