#include "config.h"

#include "util.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool hex_text(const char *v, size_t digits, char *out)
{
	uint8_t bytes[32];
	if (!hex_decode(v, digits, bytes))
		return false;
	memcpy(out, v, digits + 1);
	return true;
}

static bool hostname(const char *v, char out[65])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
	size_t n = strlen(v);
	if (n < 1 || n > 64 || strspn(v, letters) != n || v[0] == '-' || v[0] == '.')
		return false;
	memcpy(out, v, n + 1);
	return true;
}

static bool mac(const char *v, uint8_t out[6])
{
	if (strlen(v) != 17)
		return false;
	for (int i = 0; i < 6; i++) {
		char pair[3] = { v[3 * i], v[3 * i + 1], 0 };
		if (!hex_decode(pair, 2, &out[i]) || (i < 5 && v[3 * i + 2] != ':'))
			return false;
	}
	return !(out[0] & 1);
}

static bool address(const char *v, struct config *c)
{
	char text[INET_ADDRSTRLEN];
	const char *slash = strchr(v, '/');
	uint64_t prefix;
	if (!slash || (size_t)(slash - v) >= sizeof text || !parse_u64(slash + 1, 32, &prefix))
		return false;
	memcpy(text, v, (size_t)(slash - v));
	text[slash - v] = 0;
	c->prefix = (unsigned)prefix;
	c->has_address = inet_pton(AF_INET, text, &c->address) == 1;
	return c->has_address;
}

static bool resolver(const char *v, struct config *c)
{
	uint8_t bytes[16];
	if (c->resolvers == CONFIG_RESOLVERS)
		return false;
	if (inet_pton(AF_INET, v, bytes) != 1 && inet_pton(AF_INET6, v, bytes) != 1)
		return false;
	strcpy(c->resolver[c->resolvers++], v);
	return true;
}

static bool flag(const char *v, bool *out)
{
	*out = !strcmp(v, "1");
	return *out || !strcmp(v, "0");
}

static bool value(struct config *c, const char *key, const char *v)
{
	if (!strcmp(key, "id"))
		return hex_text(v, 12, c->id);
	if (!strcmp(key, "machine-id"))
		return hex_text(v, 32, c->machine_id);
	if (!strcmp(key, "hostname"))
		return hostname(v, c->hostname);
	if (!strcmp(key, "address"))
		return address(v, c);
	if (!strcmp(key, "gateway"))
		return c->has_gateway = inet_pton(AF_INET, v, &c->gateway) == 1;
	if (!strcmp(key, "resolver"))
		return resolver(v, c);
	if (!strcmp(key, "mac"))
		return c->has_mac = mac(v, c->mac);
	if (!strcmp(key, "time"))
		return parse_u64(v, INT64_MAX, &c->time) && c->time > 0;
	if (!strcmp(key, "overlay"))
		return parse_u64(v, INT64_MAX, &c->overlay);
	if (!strcmp(key, "work"))
		return parse_u64(v, INT64_MAX, &c->work);
	if (!strcmp(key, "seed"))
		return c->has_seed = hex_decode(v, 64, c->seed);
	if (!strcmp(key, "template"))
		return flag(v, &c->template);
	if (!strcmp(key, "saved"))
		return flag(v, &c->saved);
	return true;
}

bool config_parse(const char *text, size_t len, struct config *out, char error[CONFIG_ERROR])
{
	memset(out, 0, sizeof *out);
	char line[512], shown[80];
	while (len) {
		const char *end = memchr(text, '\n', len);
		size_t n = end ? (size_t)(end - text) : len;
		if (n >= sizeof line || memchr(text, 0, n)) {
			snprintf(error, CONFIG_ERROR, "banger.conf: line too long or with a NUL");
			return false;
		}
		memcpy(line, text, n);
		line[n] = 0;
		text += end ? n + 1 : n;
		len -= end ? n + 1 : n;
		if (!*line)
			continue;
		printable(shown, sizeof shown, line);
		char *v = strchr(line, '=');
		if (v)
			*v++ = 0;
		if (!v || !value(out, line, v)) {
			/* Not the value of a secret. */
			snprintf(error, CONFIG_ERROR, "banger.conf: %s",
				 v && !strcmp(line, "seed") ? "bad seed" : shown);
			return false;
		}
	}
	out->saved |= out->template;
	if (out->has_gateway && !out->has_address) {
		snprintf(error, CONFIG_ERROR, "banger.conf: gateway without address");
		return false;
	}
	return true;
}

/* No empty, "." or ".." component, not absolute. */
static bool good_path(const char *path)
{
	for (const char *p = path;;) {
		size_t n = strcspn(p, "/");
		if (n == 0 || n > 255 || (n == 1 && p[0] == '.') ||
		    (n == 2 && p[0] == '.' && p[1] == '.'))
			return false;
		if (!p[n])
			return true;
		p += n + 1;
	}
}

bool config_member(const struct cpio_member *m, enum config_kind *kind, const char **path)
{
	static const char *const prefix[] = { "put/", "absent/", "merge/" };
	for (unsigned i = 0; i < countof(prefix); i++) {
		size_t n = strlen(prefix[i]);
		if (strncmp(m->name, prefix[i], n))
			continue;
		*kind = (enum config_kind)i;
		*path = m->name + n;
		bool link = S_ISLNK(m->mode), file = S_ISREG(m->mode), dir = S_ISDIR(m->mode);
		if (i == CONFIG_MERGE ? !file : !(link || file || dir))
			return false;
		if (dir && m->size)
			return false;
		if (link && (m->size == 0 || m->size >= 4096 || memchr(m->data, 0, m->size)))
			return false;
		if (i == CONFIG_MERGE && memchr(m->data, 0, m->size))
			return false;
		return good_path(*path);
	}
	return false;
}

bool config_check(const void *data, size_t len, struct config *out, char error[CONFIG_ERROR])
{
	struct cpio c;
	struct cpio_member m;
	cpio_open(&c, data, len);
	if (len > CONFIG_MAX) {
		snprintf(error, CONFIG_ERROR, "archive above 8 MiB");
		return false;
	}
	int n = cpio_next(&c, &m);
	if (n == 1 && (strcmp(m.name, "banger.conf") || !S_ISREG(m.mode))) {
		snprintf(error, CONFIG_ERROR, "first member is not banger.conf");
		return false;
	}
	if (n == 1 && !config_parse((const char *)m.data, m.size, out, error))
		return false;
	if (n == 0) {
		snprintf(error, CONFIG_ERROR, "archive without banger.conf");
		return false;
	}
	while (n == 1 && (n = cpio_next(&c, &m)) == 1) {
		enum config_kind kind;
		const char *path;
		char shown[200];
		if (config_member(&m, &kind, &path))
			continue;
		printable(shown, sizeof shown, m.name);
		snprintf(error, CONFIG_ERROR, "member not allowed: %s", shown);
		return false;
	}
	if (n < 0)
		snprintf(error, CONFIG_ERROR, "%s", c.error);
	return n == 0;
}
