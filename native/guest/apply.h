/* Putting a configuration in force: one function for a cold boot and after a restore. */
#ifndef BANGER_APPLY_H
#define BANGER_APPLY_H

#include "config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct apply_plan {
	bool in_init;        /* the image is still at NEW_ROOT, its mounts are to be made */
	bool rekey;          /* another machine continues from one that was saved */
	bool has_work_disk;  /* /root is mounted already */
	bool test;
	int64_t received_at; /* now_ms() when the archive came */
};

/* A job (jobs.c): the archive is the descriptor after JOB_FD, behind it directories of the overlay's
   and the work disk; arg is a struct apply_plan. */
int apply_job(void *arg);
/* The files of an archive that was checked, below a root directory. */
bool apply_archive(int root, const void *data, size_t len, char error[CONFIG_ERROR]);
/* hostname, hosts, machine-id, resolv.conf, fstab, network managers: the files they live in. */
bool apply_identity(int root, const struct config *conf, char error[CONFIG_ERROR]);

#endif
