/* SHA-1 (FIPS 180-4), unrolled: under TCG every instruction counts. */
#include "digest.h"

#include "bigendian.h"

#define ROL(x, n) ((x) << (n) | (x) >> (32 - (n)))
#define CHOOSE(b, c, d) ((d) ^ ((b) & ((c) ^ (d))))
#define PARITY(b, c, d) ((b) ^ (c) ^ (d))
#define MAJORITY(b, c, d) (((b) & (c)) | ((d) & ((b) | (c))))

/* The schedule needs only the last 16 words. */
#define FIRST(i) (w[(i) & 15] = be32_at(p + 4 * (i)))
#define NEXT(i) \
	(w[(i) & 15] = ROL(w[((i) + 13) & 15] ^ w[((i) + 8) & 15] ^ w[((i) + 2) & 15] ^ w[(i) & 15], 1))

#define STEP(a, b, c, d, e, f, k, word)              \
	do {                                         \
		e += ROL(a, 5) + f(b, c, d) + k + (word); \
		b = ROL(b, 30);                      \
	} while (0)
#define FIVE(f, k, word, i)                    \
	STEP(a, b, c, d, e, f, k, word(i));    \
	STEP(e, a, b, c, d, f, k, word(i + 1)); \
	STEP(d, e, a, b, c, f, k, word(i + 2)); \
	STEP(c, d, e, a, b, f, k, word(i + 3)); \
	STEP(b, c, d, e, a, f, k, word(i + 4))
#define TWENTY(f, k, i)       \
	FIVE(f, k, NEXT, i);  \
	FIVE(f, k, NEXT, i + 5); \
	FIVE(f, k, NEXT, i + 10); \
	FIVE(f, k, NEXT, i + 15)

void sha1_blocks(uint32_t h[5], const uint8_t *p, size_t blocks)
{
	uint32_t w[16];
	for (; blocks; blocks--, p += 64) {
		uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
		FIVE(CHOOSE, 0x5a827999, FIRST, 0);
		FIVE(CHOOSE, 0x5a827999, FIRST, 5);
		FIVE(CHOOSE, 0x5a827999, FIRST, 10);
		STEP(a, b, c, d, e, CHOOSE, 0x5a827999, FIRST(15));
		STEP(e, a, b, c, d, CHOOSE, 0x5a827999, NEXT(16));
		STEP(d, e, a, b, c, CHOOSE, 0x5a827999, NEXT(17));
		STEP(c, d, e, a, b, CHOOSE, 0x5a827999, NEXT(18));
		STEP(b, c, d, e, a, CHOOSE, 0x5a827999, NEXT(19));
		TWENTY(PARITY, 0x6ed9eba1, 20);
		TWENTY(MAJORITY, 0x8f1bbcdc, 40);
		TWENTY(PARITY, 0xca62c1d6, 60);
		h[0] += a;
		h[1] += b;
		h[2] += c;
		h[3] += d;
		h[4] += e;
	}
}
