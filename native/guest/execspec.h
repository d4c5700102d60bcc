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
	struct owned *owned;       /* every text of it, and of its environment */
	char error[200];
};

bool execspec_parse(struct execspec *s, const char *text, size_t len);
void execspec_free(struct execspec *s);
/* The whole environment: the user's, the image's (text of /run/banger/environment), the
   description's; terminated by NULL. It lives as long as s. */
char **execspec_environment(struct execspec *s, const struct user *u, const char *image);

#endif
