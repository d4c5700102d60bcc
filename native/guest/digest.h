/* SHA-1 and SHA-256. Git names blobs by them; nothing here is a secret, so only speed matters. */
#ifndef BANGER_DIGEST_H
#define BANGER_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHA1_LEN = 20, SHA256_LEN = 32, DIGEST_MAX = 32 };

struct digest {
	bool sha256;
	uint32_t h[8];
	uint64_t len;
	uint8_t block[64];
};

void digest_start(struct digest *d, bool sha256);
void digest_add(struct digest *d, const void *data, size_t len);
/* 20 or 32 bytes. */
void digest_end(struct digest *d, uint8_t *out);

/* Whole blocks of 64 bytes: sha1.c and sha256.c. */
void sha1_blocks(uint32_t h[5], const uint8_t *p, size_t blocks);
void sha256_blocks(uint32_t h[8], const uint8_t *p, size_t blocks);

#endif
