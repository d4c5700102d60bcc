/* Lists of files: what the host delivers, and what the manifest remembers. In the order of their paths'
   bytes, each path once. */
#ifndef BANGER_ENTRIES_H
#define BANGER_ENTRIES_H

#include "digest.h"
#include "wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* Beyond that a list is refused: 2 million entries are 170 MB here. */
enum { ENTRIES_MAX = 2000000, ENTRIES_PATHS = 256 * 1024 * 1024, ENTRY_PATH = 4096 };
enum { MODE_SUBMODULE = 0160000 };

enum entry_flag {
	ENTRY_WANT = 1,      /* to be sent, and not here yet */
	ENTRY_HERE = 2,      /* lies on disk as this entry says; its stat is recorded */
	ENTRY_KEPT = 4,      /* the guest's own stays: what the manifest said of the path goes on */
	ENTRY_TOUCH = 8,     /* content as it is to be; mode and time are not */
	ENTRY_REMOVE = 16,   /* of the manifest: gone on the host, to be removed */
	ENTRY_DIFFERS = 32,  /* of the manifest: the guest has something else there now */
	ENTRY_ADOPTED = 64,  /* the guest had it already */
	ENTRY_ASTRAY = 128,  /* of the manifest: did not lie as recorded when the machine was about to be saved */
};

struct entry {
	uint64_t size;
	int64_t mtime;       /* nanoseconds */
	int64_t ctime;       /* manifest: how it lay on disk */
	uint64_t ino;
	uint32_t path;       /* where in `paths` */
	uint32_t mode;       /* as delivered */
	uint32_t disk_mode;  /* manifest: as it lay on disk */
	uint16_t path_len;
	uint8_t flags;
	uint8_t id[DIGEST_MAX];
};

struct entries {
	struct entry *at;
	size_t count, room;
	char *paths;         /* each with a NUL behind it */
	size_t paths_len, paths_room;
	size_t id_len;       /* 20 or 32 */
};

/* Relative, no empty, "." or ".." component, no NUL; `git`: a component ".git" is allowed. */
bool path_allowed(const char *path, size_t len, bool git);

const char *entry_path(const struct entries *e, const struct entry *one);
/* Adds one at the end, all zero but the path; NULL beyond the limits or without memory. */
struct entry *entries_add(struct entries *e, const char *path, size_t len);
/* A frame of entries from the host: NULL, or what is wrong with it. */
const char *entries_decode(struct entries *e, const uint8_t *data, size_t len);
/* Sends one as an item. */
void entry_send(struct wire *w, unsigned type, const struct entries *e, const struct entry *one);
int path_compare(const char *a, size_t a_len, const char *b, size_t b_len);
/* The first whose path is not before this one; e->count when there is none. */
size_t entries_lower(const struct entries *e, const char *path, size_t len);
struct entry *entries_find(const struct entries *e, const char *path, size_t len);
/* Where the ones below this directory begin and end; an empty range when there are none. */
void entries_below(const struct entries *e, const char *dir, size_t len, size_t *from, size_t *to);
/* Takes over how the path lies on disk. */
void entry_record(struct entry *one, const struct stat *st);
/* True when the stat is what was recorded. */
bool entry_recorded(const struct entry *one, const struct stat *st);
int64_t mtime_of(const struct stat *st);
int64_t ctime_of(const struct stat *st);
void entries_free(struct entries *e);

#endif
