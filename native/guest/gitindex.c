#include "gitstate.h"

#include "bigendian.h"

#include <string.h>

/* ctime, mtime, device, inode; mode follows; then uid, gid, size. */
enum { STAT_BEFORE_MODE = 24, STAT = 40, HEADER = 12 };
enum { EXTENDED = 0x4000, STAGE = 0x3000 };

struct index_reader {
	const uint8_t *p, *end;
	size_t id_len;
	uint32_t version;
	char path[ENTRY_PATH + 1];
	size_t path_len;
};

/* Version 4: how many bytes of the path before fall away. */
static bool varint(struct index_reader *r, size_t *out)
{
	size_t v = 0;
	for (int i = 0; i < 9; i++) {
		if (r->p == r->end)
			return false;
		uint8_t c = *r->p++;
		v = (i ? (v + 1) << 7 : 0) | (c & 127);
		if (!(c & 128)) {
			*out = v;
			return true;
		}
	}
	return false;
}

static bool path(struct index_reader *r, const uint8_t *start)
{
	size_t keep = 0;
	if (r->version == 4) {
		size_t strip;
		if (!varint(r, &strip) || strip > r->path_len)
			return false;
		keep = r->path_len - strip;
	}
	const uint8_t *nul = memchr(r->p, 0, (size_t)(r->end - r->p));
	if (!nul || keep + (size_t)(nul - r->p) > ENTRY_PATH)
		return false;
	memcpy(r->path + keep, r->p, (size_t)(nul - r->p));
	r->path_len = keep + (size_t)(nul - r->p);
	r->p = nul + 1;
	if (r->version == 4)
		return true;
	/* Padded to a multiple of 8, with one NUL at least. */
	size_t pad = (8 - (size_t)(r->p - start) % 8) % 8;
	if ((size_t)(r->end - r->p) < pad)
		return false;
	r->p += pad;
	return true;
}

static bool entry(struct index_reader *r, struct digest *d)
{
	const uint8_t *start = r->p;
	if ((size_t)(r->end - r->p) < STAT + r->id_len + 2)
		return false;
	uint16_t flags = be16_at(start + STAT + r->id_len);
	r->p += STAT + r->id_len + 2;
	if (r->version >= 3 && flags & EXTENDED) {
		if (r->end - r->p < 2)
			return false;
		r->p += 2;
	}
	if (!path(r, start))
		return false;
	uint8_t head[4 + 1 + 2];
	memcpy(head, start + STAT_BEFORE_MODE, 4);
	head[4] = (uint8_t)((flags & STAGE) >> 12);
	put_be16(head + 5, (uint16_t)r->path_len);
	digest_add(d, head, sizeof head);
	digest_add(d, start + STAT, r->id_len);
	digest_add(d, r->path, r->path_len);
	return true;
}

/* A split index holds only a part of the entries. */
static bool whole(const struct index_reader *r)
{
	const uint8_t *p = r->p, *end = r->end - r->id_len;
	while (end - p >= 8) {
		uint32_t n = be32_at(p + 4);
		if (!memcmp(p, "link", 4) || (size_t)(end - p) - 8 < n)
			return false;
		p += 8 + n;
	}
	return p == end;
}

static bool entries(const uint8_t *data, size_t len, size_t id_len, struct digest *d)
{
	static struct index_reader r;
	if (len < HEADER + id_len || memcmp(data, "DIRC", 4))
		return false;
	r = (struct index_reader){ .p = data + HEADER, .end = data + len, .id_len = id_len,
				   .version = be32_at(data + 4) };
	if (r.version < 2 || r.version > 4)
		return false;
	for (uint32_t n = be32_at(data + 8); n; n--)
		if (!entry(&r, d))
			return false;
	return (size_t)(r.end - r.p) >= id_len && whole(&r);
}

void git_index_digest(const uint8_t *data, size_t len, size_t id_len, uint8_t out[SHA256_LEN])
{
	struct digest d;
	digest_start(&d, true);
	if (!entries(data, len, id_len, &d)) {
		digest_start(&d, true);
		digest_add(&d, data, len);
	}
	digest_end(&d, out);
}
