/* Messages for whoever reads the machine's console. */
#ifndef BANGER_LOG_H
#define BANGER_LOG_H

/* Until the image's init has taken the console over, messages go to it directly; then through the
   kernel's log, which never blocks on a console that nobody reads. */
void log_to_kernel(void);
/* -1: to nobody, for tests that bring about the same message thousands of times. */
void log_to(int fd);
void log_line(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
