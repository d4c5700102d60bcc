/* tar: ustar with PAX records, both ways. */
#ifndef BANGER_TAR_H
#define BANGER_TAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

enum { TAR_BLOCK = 512, TAR_PAX_MAX = 1024 * 1024, TAR_PATH = 4096, TAR_ERROR = 300 };

/* One member's facts, from its header and the PAX records ahead of it. */
struct tar_entry {
	char type;
	mode_t mode;
	uint64_t uid, gid, size;
	int64_t mtime;
	uint32_t mtime_ns;
	char path[TAR_PATH], link[TAR_PATH];
};

/* tar_header.c */
/* 1: a header; 0: a block of zeroes; -1: neither (error). */
int tar_parse_header(const uint8_t block[TAR_BLOCK], struct tar_entry *e, char error[TAR_ERROR]);
/* Applies PAX records to what the header said. Strict: lengths must be exact. */
struct tar_pax {
	bool path, link, size, mtime, uid, gid;
	struct tar_entry value;
};
bool tar_parse_pax(const char *data, size_t len, struct tar_pax *pax, char error[TAR_ERROR]);
void tar_apply_pax(struct tar_entry *e, const struct tar_pax *pax);
/* Writes a header (and the PAX header it needs, data included) for an entry: how many bytes; 0 when
   they do not fit. */
size_t tar_make_header(const struct tar_entry *e, uint8_t *out, size_t size);

/* tar_in.c */
struct tar_source {
	/* Like read(2), of the archive: 0 at its end, -1 when it is broken. */
	long (*read)(void *ctx, void *data, size_t max);
	void *ctx;
};
/* Extracts below the directory `top`. 0, or the status to answer with and the fact. at_root: top is
   the root of everything, so absolute links are followed. */
int tar_extract(int top, bool at_root, struct tar_source *source, char error[TAR_ERROR]);
/* Brings a member's name into the form a/b/c ("" for the top itself); false: not allowed. */
bool tar_clean_path(char *path);

/* tar_out.c */
struct tar_sink {
	bool (*write)(void *ctx, const void *data, size_t len);
	void *ctx;
};
/* The tree at path: names relative to it, "./" first; or one file under its own name. False: the
   archive is not complete (error, unless the sink failed). */
bool tar_create(const char *path, struct tar_sink *sink, char error[TAR_ERROR]);

#endif
