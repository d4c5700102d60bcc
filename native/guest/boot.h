/* Process 1 in the initramfs: from nothing to the image's own init. docs/protocol.md, "Boot". */
#ifndef BANGER_BOOT_H
#define BANGER_BOOT_H

#include "config.h"

#include <stdbool.h>

struct core;

/* Where the image's root is put together before it becomes the root. */
#define NEW_ROOT "/newroot"

/* There as long as a template's boot id must not be read. */
#define BOOT_ID_PLACEHOLDER "/run/banger/boot_id"

/* Everything of process 1; does not return. */
void boot_main(void) __attribute__((noreturn));

/* In the job that applies the configuration: /proc, /sys, /dev and /run of the new root. */
bool boot_mount_kernel(bool saved, char error[CONFIG_ERROR]);
/* Takes the placeholder away that a template boot put over the boot id. */
void boot_show_boot_id(void);
/* Opens the directories on vdb and vdc that are frozen and synced. */
void boot_find_disks(struct core *c);

#endif
