/* When a machine has come to rest, and how it is made small, before it is saved as a template. */
#ifndef BANGER_SETTLE_H
#define BANGER_SETTLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What moves while an init works: forks since the boot, and sectors read from and written to a disk. */
bool settle_forks(const char *proc_stat, uint64_t *out);
bool settle_sectors(const char *proc_diskstats, const char *disk, uint64_t *out);
/* A figure of /proc/meminfo in KiB. */
bool settle_memory(const char *meminfo, const char *key, uint64_t *kib);
/* Waits until the image's init has nothing more to do, for at most this long; why: what it still does. */
bool settle_wait(const char *init, int64_t within_ms, char *why, size_t size);
/* Waits until the image's init is past its own start, for at most this long: what it read before that
   (its hostname) it puts in force late. */
void settle_init(int64_t within_ms);
/* Gives back what is cached and fills all but a little of what is free with zeroes, once. */
bool settle_shrink(char *why, size_t size);

#endif
