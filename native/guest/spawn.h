/* Forking off the main process without taking its descriptors along. */
#ifndef BANGER_SPAWN_H
#define BANGER_SPAWN_H

#include <sys/types.h>

/* fork() whose child keeps only 0, 1, 2 and the count given ones; it finds them at 3, 4, ... in that
   order (a kept -1 leaves its number free). A copy of another worker's socket left open in a child
   would hide that worker's end from the main process. */
pid_t spawn_clean(const int *keep, int count);

/* Talking between main and a child: one message a time, whole, on a SOCK_SEQPACKET pair. */
enum { CALL_MAX = 1024 };
int call_pair(int ends[2]);
/* Sends text and, when fd >= 0, that descriptor. Never blocks. */
int call_send(int sock, const char *text, int fd);
/* Receives one message (terminated); fd may be NULL. Returns its length, 0 at the end, -1 with errno. */
int call_receive(int sock, char text[CALL_MAX], int *fd, int flags);

#endif
