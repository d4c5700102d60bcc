/* A fresh work disk gets what the image has in /root. */
#ifndef BANGER_SEED_H
#define BANGER_SEED_H

#include "config.h"

#include <stdbool.h>

/* Fills disk/root from the image's /root and writes the marker last: an interrupted run is repeated. */
bool seed_work_disk(int root, const char *disk, char error[CONFIG_ERROR]);
/* Copies a tree: files, directories, links, with owner, mode and times; not across mounts. */
bool seed_copy(int from, int to, int depth);

#endif
