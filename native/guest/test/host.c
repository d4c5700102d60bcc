#include "host.h"

#include "test.h"

#include "../bigendian.h"
#include "../wire.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool host_start(struct host *h)
{
	memset(h, 0, sizeof *h);
	const char *dir = test_dir();
	snprintf(h->top, sizeof h->top, "%s/repo", dir);
	snprintf(h->state, sizeof h->state, "%s/state", dir);
	mkdir(h->state, 0755);
	h->disk = open(h->state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	h->p.fd = -1;
	return EXPECT(h->disk >= 0);
}

void host_close(struct host *h)
{
	peer_stop(&h->p);
	free(h->frame);
	h->frame = NULL;
}

void host_end(struct host *h)
{
	close(h->disk);
	buf_free(&h->said);
}

const char *host_path(struct host *h, const char *name)
{
	return test_path(h->top, name);
}

bool host_open(struct host *h, const char *op)
{
	char target[300];
	h->said.len = 0;
	buf_add(&h->said, "", 0);
	snprintf(target, sizeof target, "/workspace?op=%s&path=%s", op, h->top);
	if (!EXPECT(peer_start_with_disk(&h->p, h->disk) && peer_request(&h->p, "POST", target, "", 0) &&
		    peer_answer(&h->p)))
		return false;
	h->status = h->p.status;
	if (h->status != 101)
		host_close(h);
	return h->status == 101;
}

static void id_of(const char *data, size_t len, uint8_t id[SHA1_LEN])
{
	struct digest d;
	char head[32];
	int n = snprintf(head, sizeof head, "blob %zu", len);
	digest_start(&d, false);
	digest_add(&d, head, (size_t)n + 1);
	digest_add(&d, data, len);
	digest_end(&d, id);
}

void put_entry(struct buf *b, const struct thing *t, const char *path, size_t path_len)
{
	uint8_t fixed[42], *p = fixed;
	const char *data = t->data ? t->data : "gone";
	p = put_be32(p, t->mode);
	p = put_be64(p, strlen(data));
	p = put_be64(p, (uint64_t)t->mtime * 1000000000);
	id_of(data, strlen(data), p);
	put_be16(p + SHA1_LEN, (uint16_t)path_len);
	buf_add(b, fixed, sizeof fixed);
	buf_add(b, path, path_len);
}

bool host_list(struct host *h, const char *begin, const struct thing *things)
{
	struct buf list = { 0 };
	buf_add(&list, "", 0);
	for (; things->path; things++)
		put_entry(&list, things, things->path, strlen(things->path));
	bool ok = peer_frame(&h->p, WIRE_BEGIN, begin, strlen(begin)) &&
		  (!list.len || peer_frame(&h->p, WIRE_LIST, list.p, list.len)) &&
		  peer_frame(&h->p, WIRE_LISTED, "", 0);
	buf_free(&list);
	return ok;
}

static bool send_data(struct host *h, const char *data)
{
	for (size_t left = strlen(data); left;) {
		size_t n = left < FRAME_MAX ? left : FRAME_MAX;
		if (!peer_frame(&h->p, WIRE_DATA, data, n))
			return false;
		data += n;
		left -= n;
	}
	return true;
}

bool host_send_file(struct host *h, uint32_t index, const struct thing *t)
{
	uint8_t head[24], id[SHA1_LEN];
	if (!t->data) {
		put_be32(head, index);
		return peer_frame(&h->p, WIRE_SKIP, head, 4);
	}
	put_be64(put_be64(put_be32(put_be32(head, index), t->mode), strlen(t->data)), (uint64_t)t->mtime * 1000000000);
	id_of(t->data, strlen(t->data), id);
	return peer_frame(&h->p, WIRE_FILE, head, sizeof head) && send_data(h, t->data) &&
	       peer_frame(&h->p, WIRE_FILED, id, sizeof id);
}

bool host_send_git(struct host *h, const struct thing *t)
{
	struct buf b = { 0 };
	uint8_t head[6];
	size_t len = strlen(t->path);
	put_be16(put_be32(head, t->mode), (uint16_t)len);
	buf_add(&b, head, sizeof head);
	buf_add(&b, t->path, len);
	bool ok = peer_frame(&h->p, WIRE_GIT, b.p, b.len) && send_data(h, t->data) &&
		  peer_frame(&h->p, WIRE_FILED, "", 0);
	buf_free(&b);
	return ok;
}

static void say_paths(struct host *h, const char *what, const uint8_t *p, const uint8_t *end)
{
	while (end - p >= 2) {
		size_t n = be16_at(p);
		buf_addf(&h->said, "%s %.*s\n", what, (int)n, (const char *)p + 2);
		p += 2 + n;
	}
}

static void say_entries(struct host *h, const char *what)
{
	for (const uint8_t *p = h->frame, *end = p + h->len; end - p >= 42;) {
		size_t n = be16_at(p + 40);
		char hex[9];
		hex_encode(p + 20, 4, hex);
		buf_addf(&h->said, "%s %o %.*s %s\n", what, be32_at(p), (int)n, (const char *)p + 42, hex);
		p += 42 + n;
	}
}

bool host_next(struct host *h, int *type)
{
	struct buf *b = &h->said;
	free(h->frame);
	h->frame = NULL;
	*type = peer_next(&h->p, &h->frame, &h->len);
	const uint8_t *p = h->frame, *end = p + h->len;
	switch (*type) {
	case WIRE_WANT:
		for (; p < end; p += 4)
			buf_addf(b, "WANT %u\n", be32_at(p));
		break;
	case WIRE_KEPT:
		buf_addf(b, "KEPT %d %.*s\n", p[0], (int)h->len - 3, (const char *)p + 3);
		break;
	case WIRE_REMOVED: say_paths(h, "REMOVED", p, end); break;
	case WIRE_ANSWERED: buf_addf(b, "GIT %d\n", p[0]); break;
	case WIRE_DONE:
		buf_addf(b, "DONE %u %llu\n", be32_at(p + 32), (unsigned long long)be64_at(p + 36));
		break;
	case WIRE_FAILED: buf_addf(b, "FAILED %.*s\n", (int)h->len, (const char *)p); break;
	case WIRE_STATE: {
		char *text = strndup((const char *)p, h->len), *save = NULL;
		/* What is the same everywhere; the rest is looked at where it matters. */
		for (char *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
			if (!strncmp(l, "state=", 6) || !strncmp(l, "git=", 4) || !strncmp(l, "head=", 5))
				buf_addf(b, "%s\n", l);
		free(text);
		break;
	}
	case WIRE_REF: {
		char hex[9];
		hex_encode(p, 4, hex);
		buf_addf(b, "REF %s %.*s\n", hex, (int)h->len - SHA1_LEN, (const char *)p + SHA1_LEN);
		break;
	}
	case WIRE_CHANGED: say_entries(h, "CHANGED"); break;
	case WIRE_NEW: say_entries(h, "NEW"); break;
	case WIRE_DELETED: say_paths(h, "DELETED", p, end); break;
	case WIRE_IGNORE: {
		size_t n = be16_at(p);
		buf_addf(b, "IGNORE %.*s %zu\n", (int)n, (const char *)p + 2, h->len - 2 - n);
		break;
	}
	case WIRE_NAMES:
		for (; p < end; p += 3 + be16_at(p + 1))
			buf_addf(b, "NAME %c %.*s\n", p[0], be16_at(p + 1), (const char *)p + 3);
		break;
	case WIRE_LEVEL: buf_addf(b, "LEVEL %u\n", be32_at(p)); break;
	case WIRE_SCANNED: buf_addf(b, "SCANNED\n"); break;
	case WIRE_CONTENT: buf_addf(b, "FILE %o %.*s\n", be32_at(p), (int)h->len - 22, (const char *)p + 22); break;
	case WIRE_DATA:
		for (; p < end; p++)
			buf_addf(b, "%c", *p ? *p : '|');
		buf_addf(b, "\n");
		break;
	case WIRE_WHOLE: buf_addf(b, h->len ? "CHANGED MEANWHILE\n" : "FILED\n"); break;
	case WIRE_MISSING: say_paths(h, "MISSING", p, end); break;
	case WIRE_READ: buf_addf(b, "READ\n"); break;
	case -1: return false;
	default: test_fail(__FILE__, __LINE__, "frame of type %d", *type);
	}
	return *type != WIRE_FAILED;
}

bool host_answer(struct host *h, const struct thing *things, const struct thing *git)
{
	int type = 0;
	uint32_t wanted[1000];
	size_t count = 0;
	bool ok = true;
	while (ok && type != WIRE_ANSWERED) {
		if (!host_next(h, &type))
			return false;
		for (const uint8_t *p = h->frame; type == WIRE_WANT && p < h->frame + h->len; p += 4)
			if (count < countof(wanted))
				wanted[count++] = be32_at(p);
	}
	for (size_t i = 0; ok && i < count; i++)
		ok = host_send_file(h, wanted[i], &things[wanted[i]]);
	for (; ok && git && git->path; git++)
		ok = host_send_git(h, git);
	return ok;
}

bool host_commit(struct host *h)
{
	int type;
	return peer_frame(&h->p, WIRE_COMMIT, "", 0) && host_next(h, &type) && type == WIRE_DONE;
}

bool host_prepare(struct host *h, const char *begin, const struct thing *things, const struct thing *git)
{
	int type;
	if (!host_open(h, "prepare"))
		return false;
	bool sent = host_list(h, begin, things) && host_answer(h, things, git);
	bool ok = sent && host_commit(h);
	/* Whatever is left to say. */
	while (host_next(h, &type)) {
	}
	host_close(h);
	return ok;
}

static bool verdict(struct host *h, const char *ignored, const struct buf *names)
{
	static uint8_t bits[FRAME_MAX];
	size_t n = 0;
	memset(bits, 0, sizeof bits);
	for (const char *p = names->p; p < names->p + names->len; p += strlen(p) + 1, n++)
		if (ignored && !strncmp(p, ignored, strlen(ignored)))
			bits[n / 8] |= (uint8_t)(0x80 >> (n % 8));
	return peer_frame(&h->p, WIRE_VERDICT, bits, (n + 7) / 8);
}

bool host_scan(struct host *h, const char *ignored)
{
	return host_scan_with(h, "", ignored);
}

bool host_scan_with(struct host *h, const char *begin, const char *ignored)
{
	struct buf names = { 0 };
	int type = 0;
	if (!host_open(h, "scan"))
		return false;
	bool ok = peer_frame(&h->p, WIRE_BEGIN, begin, strlen(begin));
	while (ok && type != WIRE_SCANNED) {
		ok = host_next(h, &type);
		for (const uint8_t *p = h->frame; ok && type == WIRE_NAMES && p < h->frame + h->len; p += 3 + be16_at(p + 1)) {
			buf_add(&names, p + 3, be16_at(p + 1));
			buf_add(&names, "", 1);
		}
		if (ok && type == WIRE_LEVEL && be32_at(h->frame)) {
			ok = verdict(h, ignored, &names);
			names.len = 0;
		}
	}
	buf_free(&names);
	host_close(h);
	return ok;
}

bool host_read(struct host *h, const char *const *paths)
{
	struct buf b = { 0 };
	int type = 0;
	if (!host_open(h, "read"))
		return false;
	for (; *paths; paths++) {
		uint8_t len[2];
		put_be16(len, (uint16_t)strlen(*paths));
		buf_add(&b, len, 2);
		buf_add(&b, *paths, strlen(*paths));
	}
	bool ok = peer_frame(&h->p, WIRE_PATHS, b.p, b.len) && peer_frame(&h->p, WIRE_ASKED, "", 0);
	while (ok && type != WIRE_READ)
		ok = host_next(h, &type);
	buf_free(&b);
	host_close(h);
	return ok;
}
