/* banger's first process: answers by itself what is too small for a Java start, becomes Java for the rest. */
#ifndef FRONT_H
#define FRONT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What banger itself fails with where the status is otherwise the guest command's. */
#define STATUS_OURS 125

/* Where this build lies, and what build.properties there says. */
struct place {
    char dist[PATH_MAX];
    char version[64], build[64], built[64];
};

/* place.c */
bool place_find(struct place *p);
bool place_build(struct place *p);
bool place_socket(char path[PATH_MAX]);

/* request.c: asks the daemon to run a command in a VM; -1: Java is to do it, nothing has happened.
   `rest` has the first bytes behind the answer's head. */
struct asked {
    uint8_t rest[4096];
    size_t rest_len;
};
int request_exec(const char *socket, const char *build, const char *vm, char *const *argv, struct asked *asked);

/* The table of `vm list`, memory of its own; NULL: Java is to print it. */
char *request_list(const char *socket, const char *build, unsigned columns, size_t *len);

/* relay.c: frames against our standard streams; the exit status. */
int relay(int sock, const struct asked *asked);

/* said.c: "error: TEXT" on standard error, TEXT from outside. */
void said_error(const uint8_t *text, size_t len, const char *remedy);

#endif
