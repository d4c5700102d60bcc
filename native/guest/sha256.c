/* SHA-256 (FIPS 180-4). */
#include "digest.h"

#include "bigendian.h"

#define ROR(x, n) ((x) >> (n) | (x) << (32 - (n)))
#define CHOOSE(e, f, g) ((g) ^ ((e) & ((f) ^ (g))))
#define MAJORITY(a, b, c) (((a) & (b)) | ((c) & ((a) | (b))))
#define SUM0(a) (ROR(a, 2) ^ ROR(a, 13) ^ ROR(a, 22))
#define SUM1(e) (ROR(e, 6) ^ ROR(e, 11) ^ ROR(e, 25))
#define MIX0(x) (ROR(x, 7) ^ ROR(x, 18) ^ (x) >> 3)
#define MIX1(x) (ROR(x, 17) ^ ROR(x, 19) ^ (x) >> 10)

static const uint32_t k[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

#define STEP(a, b, c, d, e, f, g, h, i)                                             \
	do {                                                                        \
		uint32_t t = h + SUM1(e) + CHOOSE(e, f, g) + k[i] + w[(i) & 15];    \
		d += t;                                                             \
		h = t + SUM0(a) + MAJORITY(a, b, c);                                \
	} while (0)
#define NEXT(i) \
	(w[(i) & 15] += MIX1(w[((i) + 14) & 15]) + w[((i) + 9) & 15] + MIX0(w[((i) + 1) & 15]))

void sha256_blocks(uint32_t state[8], const uint8_t *p, size_t blocks)
{
	uint32_t w[16];
	for (; blocks; blocks--, p += 64) {
		uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5],
			 g = state[6], h = state[7];
		for (int i = 0; i < 16; i++)
			w[i] = be32_at(p + 4 * i);
		for (int i = 0; i < 64; i += 8) {
			if (i >= 16)
				for (int n = i; n < i + 8; n++)
					NEXT(n);
			STEP(a, b, c, d, e, f, g, h, i);
			STEP(h, a, b, c, d, e, f, g, i + 1);
			STEP(g, h, a, b, c, d, e, f, i + 2);
			STEP(f, g, h, a, b, c, d, e, i + 3);
			STEP(e, f, g, h, a, b, c, d, i + 4);
			STEP(d, e, f, g, h, a, b, c, i + 5);
			STEP(c, d, e, f, g, h, a, b, i + 6);
			STEP(b, c, d, e, f, g, h, a, i + 7);
		}
		state[0] += a;
		state[1] += b;
		state[2] += c;
		state[3] += d;
		state[4] += e;
		state[5] += f;
		state[6] += g;
		state[7] += h;
	}
}
