/* What must differ between two machines that were one: the random pool; and the clock. */
#ifndef BANGER_ENTROPY_H
#define BANGER_ENTROPY_H

#include "config.h"

#include <stdbool.h>
#include <stdint.h>

/* Adds the host's bytes, credited, and makes the pool reseed from them at once. */
bool entropy_add(const uint8_t seed[32], char error[CONFIG_ERROR]);
bool entropy_set_clock(uint64_t unix_nanoseconds, char error[CONFIG_ERROR]);

#endif
