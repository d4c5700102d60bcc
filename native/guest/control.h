/* The control pipe as bytes: lines in, lines out, and the NUL that starts a conversation. */
#ifndef BANGER_CONTROL_H
#define BANGER_CONTROL_H

#include <stdbool.h>
#include <stddef.h>

#define CONTROL_LINE 1024

struct control {
	int fd;            /* -1 while there is no pipe */
	bool greeted;      /* the host has spoken: we may */
	bool start;        /* the line being read follows a NUL */
	bool skip;         /* the line being read is no line: thrown away to its end */
	size_t len;
	char line[CONTROL_LINE];
	size_t out_off, out_len;
	char out[16384];
	/* start: this line opened a conversation. It is called for no other line before one did. */
	void (*on_line)(void *ctx, char *line, bool start);
	void (*on_nul)(void *ctx);
	void *ctx;
};

void control_reset(struct control *c);
void control_feed(struct control *c, const char *data, size_t len);
/* Queues one line (the newline is added); dropped when the host was not heard or does not read. */
bool control_say(struct control *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Reads and answers until the pipe has nothing more; false when the other side is gone. */
bool control_read(struct control *c);
/* Writes what is queued as far as the pipe takes it; false when the pipe is broken. */
bool control_flush(struct control *c);

#endif
