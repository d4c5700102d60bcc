#include "tar.h"

#include "util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME = 0, MODE = 100, UID = 108, GID = 116, SIZE = 124, MTIME = 136, SUM = 148, TYPE = 156,
       LINK = 157, MAGIC = 257, PREFIX = 345 };

static bool fail(char error[TAR_ERROR], const char *why)
{
	snprintf(error, TAR_ERROR, "tar: %s", why);
	return false;
}

/* Octal text, or base 256 with the first bit set; signed where negative makes sense. */
static bool number(const uint8_t *p, size_t len, bool is_signed, int64_t *out)
{
	if (p[0] & 0x80) {
		bool minus = p[0] & 0x40;
		if (minus && !is_signed)
			return false;
		int64_t v = minus ? -1 : 0;
		for (size_t i = 0; i < len; i++) {
			uint8_t b = i ? p[i] : (uint8_t)(minus ? p[0] : p[0] & 0x7f);
			/* What is shifted out must be sign only. */
			if (v > INT64_MAX >> 8 || v < INT64_MIN >> 8)
				return false;
			v = (int64_t)((uint64_t)v << 8 | b);
		}
		*out = v;
		return true;
	}
	size_t i = 0;
	uint64_t v = 0;
	while (i < len && p[i] == ' ')
		i++;
	for (; i < len && p[i] >= '0' && p[i] <= '7'; i++)
		v = v << 3 | (uint64_t)(p[i] - '0');
	if (i < len && p[i] && p[i] != ' ')
		return false;
	*out = (int64_t)v;
	return v <= INT64_MAX;
}

static bool checksum(const uint8_t b[TAR_BLOCK])
{
	int64_t said;
	unsigned plain = 0;
	int with_sign = 0;
	for (size_t i = 0; i < TAR_BLOCK; i++) {
		uint8_t c = i >= SUM && i < SUM + 8 ? ' ' : b[i];
		plain += c;
		with_sign += (int8_t)c;
	}
	return number(b + SUM, 8, false, &said) && (said == plain || said == with_sign);
}

int tar_parse_header(const uint8_t b[TAR_BLOCK], struct tar_entry *e, char error[TAR_ERROR])
{
	static const uint8_t zero[TAR_BLOCK];
	int64_t mode, uid, gid, size, mtime;
	if (!memcmp(b, zero, TAR_BLOCK))
		return 0;
	memset(e, 0, offsetof(struct tar_entry, path));
	if (!checksum(b)) {
		fail(error, "header with a wrong checksum");
		return -1;
	}
	bool posix = !memcmp(b + MAGIC, "ustar\0" "00", 8), gnu = !memcmp(b + MAGIC, "ustar  ", 8);
	if (!posix && !gnu) {
		fail(error, "not a ustar header");
		return -1;
	}
	if (!number(b + MODE, 8, false, &mode) || !number(b + UID, 8, false, &uid) ||
	    !number(b + GID, 8, false, &gid) || !number(b + SIZE, 12, false, &size) ||
	    !number(b + MTIME, 12, true, &mtime)) {
		fail(error, "header with a bad number");
		return -1;
	}
	e->type = (char)b[TYPE];
	e->mode = (mode_t)mode & 07777;
	e->uid = (uint64_t)uid;
	e->gid = (uint64_t)gid;
	e->size = (uint64_t)size;
	e->mtime = mtime;
	/* GNU's own format keeps other things where the prefix would be. */
	if (posix && b[PREFIX])
		snprintf(e->path, sizeof e->path, "%.155s/%.100s", (const char *)b + PREFIX,
			 (const char *)b + NAME);
	else
		snprintf(e->path, sizeof e->path, "%.100s", (const char *)b + NAME);
	snprintf(e->link, sizeof e->link, "%.100s", (const char *)b + LINK);
	return 1;
}

static bool seconds(const char *text, int64_t *s, uint32_t *ns)
{
	char whole[24];
	uint64_t v;
	bool minus = *text == '-';
	text += minus;
	size_t n = strcspn(text, ".");
	if (n >= sizeof whole)
		return false;
	memcpy(whole, text, n);
	whole[n] = 0;
	if (!parse_u64(whole, INT64_MAX / 2, &v))
		return false;
	*ns = 0;
	if (text[n]) {
		const char *digits = text + n + 1;
		uint32_t scale = 100000000;
		if (strspn(digits, "0123456789") != strlen(digits) || strlen(digits) > 100)
			return false;
		for (; *digits && scale; digits++, scale /= 10)
			*ns += (uint32_t)(*digits - '0') * scale;
	}
	*s = minus ? -(int64_t)v : (int64_t)v;
	if (minus && *ns) {
		*s -= 1;
		*ns = 1000000000 - *ns;
	}
	return true;
}

static bool text_value(char out[TAR_PATH], const char *value, size_t len)
{
	if (len >= TAR_PATH || memchr(value, 0, len))
		return false;
	memcpy(out, value, len);
	out[len] = 0;
	return true;
}

static bool record(struct tar_pax *p, const char *key, const char *value, size_t len)
{
	char text[128];
	if (!strcmp(key, "path"))
		return p->path = text_value(p->value.path, value, len);
	if (!strcmp(key, "linkpath"))
		return p->link = text_value(p->value.link, value, len);
	/* A file in pieces would be written as something else. */
	if (!strncmp(key, "GNU.sparse", 10))
		return false;
	bool size = !strcmp(key, "size"), uid = !strcmp(key, "uid"), gid = !strcmp(key, "gid");
	bool mtime = !strcmp(key, "mtime");
	if (!size && !uid && !gid && !mtime)
		return true;
	if (len >= sizeof text || memchr(value, 0, len))
		return false;
	memcpy(text, value, len);
	text[len] = 0;
	if (size)
		return p->size = parse_u64(text, INT64_MAX, &p->value.size);
	if (uid)
		return p->uid = parse_u64(text, UINT32_MAX - 1, &p->value.uid);
	if (gid)
		return p->gid = parse_u64(text, UINT32_MAX - 1, &p->value.gid);
	return p->mtime = seconds(text, &p->value.mtime, &p->value.mtime_ns);
}

bool tar_parse_pax(const char *data, size_t len, struct tar_pax *pax, char error[TAR_ERROR])
{
	while (len) {
		uint64_t n = 0;
		size_t digits = 0;
		while (digits < len && digits < 8 && data[digits] >= '0' && data[digits] <= '9')
			n = n * 10 + (uint64_t)(data[digits++] - '0');
		/* "12 a=b\n": the length counts itself. */
		if (!digits || digits == len || data[digits] != ' ' || n > len || n < digits + 4 ||
		    data[n - 1] != '\n')
			return fail(error, "PAX record with a wrong length");
		const char *key = data + digits + 1, *end = data + n - 1;
		const char *eq = memchr(key, '=', (size_t)(end - key));
		char name[64];
		if (!eq || eq == key || memchr(key, 0, (size_t)(eq - key)))
			return fail(error, "PAX record without a key");
		if ((size_t)(eq - key) < sizeof name) {
			memcpy(name, key, (size_t)(eq - key));
			name[eq - key] = 0;
			if (!record(pax, name, eq + 1, (size_t)(end - eq - 1)))
				return fail(error, "PAX record with a bad value");
		}
		data += n;
		len -= n;
	}
	return true;
}

void tar_apply_pax(struct tar_entry *e, const struct tar_pax *p)
{
	if (p->path)
		strcpy(e->path, p->value.path);
	if (p->link)
		strcpy(e->link, p->value.link);
	if (p->size)
		e->size = p->value.size;
	if (p->uid)
		e->uid = p->value.uid;
	if (p->gid)
		e->gid = p->value.gid;
	if (p->mtime) {
		e->mtime = p->value.mtime;
		e->mtime_ns = p->value.mtime_ns;
	}
}

/* Octal with a NUL behind; what does not fit is written as 0, its PAX record says it. */
static bool octal(uint8_t *at, size_t len, uint64_t v)
{
	bool fits = v < (uint64_t)1 << 3 * (len - 1);
	snprintf((char *)at, len, "%0*llo", (int)len - 1, fits ? (unsigned long long)v : 0);
	return fits;
}

static void make_block(uint8_t b[TAR_BLOCK], const struct tar_entry *e, char type, uint64_t size)
{
	unsigned sum = 0;
	memset(b, 0, TAR_BLOCK);
	memcpy(b + NAME, e->path, strnlen(e->path, 100));
	octal(b + MODE, 8, e->mode & 07777);
	octal(b + UID, 8, e->uid);
	octal(b + GID, 8, e->gid);
	octal(b + SIZE, 12, size);
	octal(b + MTIME, 12, e->mtime < 0 ? 0 : (uint64_t)e->mtime);
	b[TYPE] = (uint8_t)type;
	memcpy(b + LINK, e->link, strnlen(e->link, 100));
	memcpy(b + MAGIC, "ustar\0" "00", 8);
	memset(b + SUM, ' ', 8);
	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += b[i];
	snprintf((char *)b + SUM, 7, "%06o", sum);
}

static size_t add_record(char *out, size_t at, const char *key, const char *value)
{
	size_t body = strlen(key) + strlen(value) + 3, n = body + 1;
	char digits[16];
	/* The length includes its own digits. */
	while (n != body + (size_t)snprintf(digits, sizeof digits, "%zu", n))
		n = body + strlen(digits);
	return at + (size_t)sprintf(out + at, "%zu %s=%s\n", n, key, value);
}

size_t tar_make_header(const struct tar_entry *e, uint8_t *out, size_t size)
{
	static char pax[2 * TAR_PATH + 512];
	char text[32];
	size_t len = 0, at = 0;
	if (strlen(e->path) > 100)
		len = add_record(pax, len, "path", e->path);
	if (strlen(e->link) > 100)
		len = add_record(pax, len, "linkpath", e->link);
	if (e->size >= (uint64_t)1 << 33) {
		snprintf(text, sizeof text, "%llu", (unsigned long long)e->size);
		len = add_record(pax, len, "size", text);
	}
	if (e->uid >= 1 << 21) {
		snprintf(text, sizeof text, "%llu", (unsigned long long)e->uid);
		len = add_record(pax, len, "uid", text);
	}
	if (e->gid >= 1 << 21) {
		snprintf(text, sizeof text, "%llu", (unsigned long long)e->gid);
		len = add_record(pax, len, "gid", text);
	}
	if (e->mtime < 0 || e->mtime >= (int64_t)1 << 33) {
		snprintf(text, sizeof text, "%lld", (long long)e->mtime);
		len = add_record(pax, len, "mtime", text);
	}
	size_t blocks = len ? TAR_BLOCK + (len + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK : 0;
	if (blocks + TAR_BLOCK > size)
		return 0;
	if (len) {
		static struct tar_entry head;
		memset(&head, 0, sizeof head);
		strcpy(head.path, "PaxHeaders/entry");
		head.mode = 0644;
		memset(out, 0, blocks);
		make_block(out, &head, 'x', len);
		memcpy(out + TAR_BLOCK, pax, len);
		at = blocks;
	}
	make_block(out + at, e, e->type, e->size);
	return at + TAR_BLOCK;
}
