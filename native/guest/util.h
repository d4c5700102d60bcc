/* Small helpers that everything uses: time, whole reads and writes, text codecs. */
#ifndef BANGER_UTIL_H
#define BANGER_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define countof(a) (sizeof(a) / sizeof((a)[0]))

/* A byte buffer that grows up to a limit chosen by the caller. */
struct buf {
	char *p;
	size_t len, cap;
};

bool buf_add(struct buf *b, const void *data, size_t len);
bool buf_addf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_free(struct buf *b);

int64_t now_ms(void);
void sleep_ms(int ms);

bool write_all(int fd, const void *data, size_t len);
/* Reads exactly len bytes; false at an early end or an error. */
bool read_all(int fd, void *data, size_t len);
/* A whole file of at most max bytes, terminated by a NUL; NULL with errno (EFBIG when larger). */
char *read_file_at(int dirfd, const char *path, size_t max, size_t *len);
bool write_file(const char *path, const char *text);

bool hex_decode(const char *text, size_t digits, uint8_t *out);
void hex_encode(const uint8_t *data, size_t len, char *out);
/* Strict standard Base64 with padding; out needs 3/4 of len. */
bool base64_decode(const char *text, size_t len, uint8_t *out, size_t *out_len);
/* In place; refuses a bad escape and a NUL. */
bool percent_decode(char *text);
/* Decimal digits only, no sign, no white space, at most max. */
bool parse_u64(const char *text, uint64_t max, uint64_t *out);

int set_nonblock(int fd);
/* Copies text, turning what is not printable ASCII into '?'; always terminated. */
void printable(char *out, size_t size, const char *text);

#endif
