#include "manifest.h"

#include "bigendian.h"

#include <string.h>

/* Another layout gets another name. The first one had no digest, nothing of the index, and SHA-1 at its end. */
static const char magic[8] = "bgrws 2\n", magic_1[8] = "bgrws 1\n";

enum { SUM = 8, SEEN = 4 * 8, ENTRY = 4 + 4 + 4 * 8 + 2 };
enum { HEAD_1 = 8 + 4 + 4 + 8 + 2 * SHA256_LEN + 4 + 4 + 4, HEAD = HEAD_1 + SHA256_LEN + SEEN };
enum { FLAG_READONLY = 1, FLAG_GIT = 2, FLAG_DIGEST = 4 };
/* In a length of a path, which never needs it. */
enum { ASTRAY = 0x8000 };

void manifest_digest(const struct manifest *m, uint8_t out[SHA256_LEN])
{
	struct digest d;
	if (m->digest_known) {
		memcpy(out, m->digest, SHA256_LEN);
		return;
	}
	digest_start(&d, true);
	for (size_t i = 0; i < m->files.count; i++) {
		const struct entry *e = &m->files.at[i];
		uint8_t head[4 + DIGEST_MAX + 2];
		uint8_t *p = put_be32(head, e->mode);
		memcpy(p, e->id, m->files.id_len);
		p = put_be16(p + m->files.id_len, e->path_len);
		digest_add(&d, head, (size_t)(p - head));
		digest_add(&d, entry_path(&m->files, e), e->path_len);
	}
	digest_end(&d, out);
}

/* Tells a file that was cut or half written: nobody makes one that fits by chance. An emulated guest takes 50 ms for
   the SHA-1 of a large one. */
uint64_t manifest_sum(const uint8_t *data, size_t len)
{
	uint64_t sum = len, word;
	for (; len >= sizeof word; data += sizeof word, len -= sizeof word) {
		memcpy(&word, data, sizeof word);
		sum = (sum ^ word) * 0x9e3779b97f4a7c15u;
		sum ^= sum >> 29;
	}
	for (; len; data++, len--)
		sum = (sum ^ *data) * 0x9e3779b97f4a7c15u;
	return sum ^ sum >> 32;
}

static bool add_sum(struct buf *b)
{
	uint8_t sum[SUM];
	put_be64(sum, manifest_sum((uint8_t *)b->p, b->len));
	return buf_add(b, sum, sizeof sum);
}

bool manifest_encode(const struct manifest *m, struct buf *out)
{
	uint8_t head[HEAD], *p = head;
	size_t gitdir = strlen(m->gitdir), id_len = m->files.id_len;
	memcpy(p, magic, sizeof magic);
	p = put_be32(p + 8, (uint32_t)id_len);
	p = put_be32(p, (m->readonly ? FLAG_READONLY : 0u) | (m->git_known ? FLAG_GIT : 0u) |
				(m->digest_known ? FLAG_DIGEST : 0u));
	p = put_be64(p, (uint64_t)m->recorded);
	memcpy(p, m->refs, SHA256_LEN);
	memcpy(p + SHA256_LEN, m->index, SHA256_LEN);
	memcpy(p + 2 * SHA256_LEN, m->digest, SHA256_LEN);
	p = put_be64(p + 3 * SHA256_LEN, m->index_seen.ino);
	p = put_be64(p, m->index_seen.size);
	p = put_be64(p, (uint64_t)m->index_seen.mtime);
	p = put_be64(p, (uint64_t)m->index_seen.ctime);
	p = put_be32(p, (uint32_t)gitdir);
	p = put_be32(p, (uint32_t)m->git_names.len);
	put_be32(p, (uint32_t)m->files.count);
	bool ok = buf_add(out, head, sizeof head) && buf_add(out, m->gitdir, gitdir) &&
		  buf_add(out, m->git_names.p, m->git_names.len);
	for (size_t i = 0; ok && i < m->files.count; i++) {
		const struct entry *e = &m->files.at[i];
		uint8_t one[ENTRY + DIGEST_MAX];
		p = put_be32(one, e->mode);
		p = put_be32(p, e->disk_mode);
		p = put_be64(p, e->size);
		p = put_be64(p, (uint64_t)e->mtime);
		p = put_be64(p, (uint64_t)e->ctime);
		p = put_be64(p, e->ino);
		memcpy(p, e->id, id_len);
		p = put_be16(p + id_len, (uint16_t)(e->path_len | (e->flags & ENTRY_ASTRAY ? ASTRAY : 0)));
		ok = buf_add(out, one, (size_t)(p - one)) && buf_add(out, entry_path(&m->files, e), e->path_len);
	}
	return ok && add_sum(out);
}

static bool sum_holds(const uint8_t *data, size_t len)
{
	return be64_at(data + len - SUM) == manifest_sum(data, len - SUM);
}

static bool sum_holds_1(const uint8_t *data, size_t len)
{
	struct digest d;
	uint8_t sum[SHA1_LEN];
	digest_start(&d, false);
	digest_add(&d, data, len - SHA1_LEN);
	digest_end(&d, sum);
	return !memcmp(sum, data + len - SHA1_LEN, SHA1_LEN);
}

bool manifest_decode(struct manifest *m, const uint8_t *data, size_t len)
{
	bool first = len >= HEAD_1 + SHA1_LEN && !memcmp(data, magic_1, sizeof magic_1);
	if (first ? !sum_holds_1(data, len)
		  : len < HEAD + SUM || memcmp(data, magic, sizeof magic) || !sum_holds(data, len))
		return false;
	len -= first ? SHA1_LEN : SUM;
	size_t id_len = be32_at(data + 8);
	uint32_t flags = be32_at(data + 12);
	const uint8_t *p = data + 24, *end = data + len;
	m->readonly = flags & FLAG_READONLY;
	m->git_known = flags & FLAG_GIT;
	m->recorded = (int64_t)be64_at(data + 16);
	memcpy(m->refs, p, SHA256_LEN);
	memcpy(m->index, p + SHA256_LEN, SHA256_LEN);
	p += 2 * SHA256_LEN;
	if (!first) {
		m->digest_known = flags & FLAG_DIGEST;
		memcpy(m->digest, p, SHA256_LEN);
		p += SHA256_LEN;
		m->index_seen = (struct seen){ be64_at(p), be64_at(p + 8), (int64_t)be64_at(p + 16),
					       (int64_t)be64_at(p + 24) };
		p += SEEN;
	}
	size_t gitdir = be32_at(p), names = be32_at(p + 4), count = be32_at(p + 8);
	p += 12;
	if ((id_len != SHA1_LEN && id_len != SHA256_LEN) || gitdir >= sizeof m->gitdir ||
	    (size_t)(end - p) < gitdir || (size_t)(end - p) - gitdir < names)
		return false;
	memcpy(m->gitdir, p, gitdir);
	m->gitdir[gitdir] = 0;
	p += gitdir;
	if ((names && p[names - 1]) || !buf_add(&m->git_names, p, names))
		return false;
	p += names;
	m->files.id_len = id_len;
	for (; count; count--) {
		if ((size_t)(end - p) < ENTRY + id_len)
			return false;
		const uint8_t *id = p + ENTRY - 2;
		size_t n = be16_at(id + id_len);
		bool astray = !first && n & ASTRAY;
		n &= first ? 0xffff : ASTRAY - 1;
		const char *path = (const char *)id + id_len + 2;
		if ((size_t)(end - p) - ENTRY - id_len < n || !path_allowed(path, n, false))
			return false;
		struct entry *e = entries_add(&m->files, path, n);
		if (!e)
			return false;
		e->mode = be32_at(p);
		e->disk_mode = be32_at(p + 4);
		e->size = be64_at(p + 8);
		e->mtime = (int64_t)be64_at(p + 16);
		e->ctime = (int64_t)be64_at(p + 24);
		e->ino = be64_at(p + 32);
		e->flags = astray ? ENTRY_ASTRAY : 0;
		memcpy(e->id, id, id_len);
		p += ENTRY + id_len + n;
	}
	return p == end;
}

void manifest_free(struct manifest *m)
{
	entries_free(&m->files);
	buf_free(&m->git_names);
	memset(m, 0, sizeof *m);
}
