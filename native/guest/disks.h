/* The four drives: image, overlay, work disk, modules. */
#ifndef BANGER_DISKS_H
#define BANGER_DISKS_H

#include "config.h"

#include <stdbool.h>

/* Where the drives themselves are mounted. The first two lie below the initramfs's root, out of sight
   once the image's root covers it. */
#define DISK_A "/disk/a"
#define DISK_B "/disk/b"
#define DISK_C "/disk/c"

/* vda, vdb, and the two joined at NEW_ROOT. */
bool disks_mount_base(char error[CONFIG_ERROR]);
/* vdd at /lib/modules of NEW_ROOT. */
bool disks_mount_modules(char error[CONFIG_ERROR]);
/* vdc at /root, seeded where it is new. bytes: what the host says it has, 0: nothing. */
bool disks_mount_work(bool in_init, uint64_t bytes, char error[CONFIG_ERROR]);
/* A template's vdc: filled from the image's /root and left unmounted, so that a VM's own only has to be
   mounted. In a mount namespace of the caller's own. */
bool disks_seed_work(int root, char error[CONFIG_ERROR]);
/* A mounted file system as big as its disk has become, where a restored machine got a bigger one. at: a
   directory of it; bytes: what the host says the disk has, 0: nothing. */
bool disks_grow(const char *device, int at, uint64_t bytes, char error[CONFIG_ERROR]);
/* Takes the work disk's own mount out of sight; /root stays. */
void disks_hide_work(void);
bool disks_is_mounted(const char *path);

#endif
