#include "digest.h"

#include "bigendian.h"

#include <string.h>

void digest_start(struct digest *d, bool sha256)
{
	static const uint32_t one[8] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 };
	static const uint32_t two[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
					 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
	memcpy(d->h, sha256 ? two : one, sizeof d->h);
	d->sha256 = sha256;
	d->len = 0;
}

static void blocks(struct digest *d, const uint8_t *p, size_t n)
{
	if (d->sha256)
		sha256_blocks(d->h, p, n);
	else
		sha1_blocks(d->h, p, n);
}

void digest_add(struct digest *d, const void *data, size_t len)
{
	const uint8_t *p = data;
	size_t held = (size_t)(d->len % 64);
	d->len += len;
	if (held) {
		size_t n = 64 - held < len ? 64 - held : len;
		memcpy(d->block + held, p, n);
		p += n;
		len -= n;
		if (held + n < 64)
			return;
		blocks(d, d->block, 1);
	}
	blocks(d, p, len / 64);
	if (len % 64)
		memcpy(d->block, p + (len & ~(size_t)63), len % 64);
}

void digest_end(struct digest *d, uint8_t *out)
{
	uint64_t bits = d->len * 8;
	size_t held = (size_t)(d->len % 64);
	d->block[held++] = 0x80;
	if (held > 56) {
		memset(d->block + held, 0, 64 - held);
		blocks(d, d->block, 1);
		held = 0;
	}
	memset(d->block + held, 0, 56 - held);
	put_be64(d->block + 56, bits);
	blocks(d, d->block, 1);
	for (unsigned i = 0; i < (d->sha256 ? 8 : 5); i++)
		out = put_be32(out, d->h[i]);
}
