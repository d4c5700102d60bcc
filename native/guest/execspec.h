/* What to run: the description that POST /exec carries. */
#ifndef BANGER_EXECSPEC_H
#define BANGER_EXECSPEC_H

#include "users.h"

#include <stdbool.h>
#include <stddef.h>

enum { EXEC_ARGS = 4096, EXEC_ENV = 4096, EXEC_BYTES = 2 * 1024 * 1024, EXEC_BODY = 4 * 1024 * 1024 };

struct execspec {
	int argc, envc;
	char *argv[EXEC_ARGS + 1]; /* the bytes as they came, terminated */
	char *env[EXEC_ENV + 1];   /* what the description adds */
	char *cwd, *user, *term;
	bool tty, login;
	unsigned columns, rows;
	size_t bytes;
	char error[200];
};

bool execspec_parse(struct execspec *s, const char *text, size_t len);
/* The whole environment: the user's, the image's (text of /run/banger/environment), the
   description's; terminated by NULL. Never freed: a process has one. */
char **execspec_environment(const struct execspec *s, const struct user *u, const char *image);

#endif
