#include "execspec.h"

#include "util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct owned {
	struct owned *next;
	_Alignas(max_align_t) char data[];
};

static void *own(struct execspec *s, size_t size)
{
	struct owned *o = calloc(1, sizeof *o + size);
	if (!o)
		return NULL;
	o->next = s->owned;
	s->owned = o;
	return o->data;
}

void execspec_free(struct execspec *s)
{
	while (s->owned) {
		struct owned *o = s->owned;
		s->owned = o->next;
		free(o);
	}
}

static bool refuse(struct execspec *s, const char *key, const char *why)
{
	char shown[40];
	printable(shown, sizeof shown, key);
	snprintf(s->error, sizeof s->error, "%s: %s", shown, why);
	return false;
}

static bool tty(struct execspec *s, char *value)
{
	uint64_t n[2];
	char *save = NULL;
	for (int i = 0; i < 2; i++) {
		char *word = strtok_r(i ? NULL : value, " ", &save);
		if (!word || !parse_u64(word, 65535, &n[i]))
			return false;
	}
	s->term = strtok_r(NULL, " ", &save);
	s->tty = true;
	s->columns = (unsigned)n[0];
	s->rows = (unsigned)n[1];
	return s->term && !strtok_r(NULL, " ", &save);
}

static bool once(struct execspec *s, char **slot, const char *key, char *value)
{
	if (*slot)
		return refuse(s, key, "given twice");
	*slot = value;
	return true;
}

static bool entry(struct execspec *s, const char *key, char *value)
{
	if (!strcmp(key, "arg")) {
		if (s->argc == EXEC_ARGS)
			return refuse(s, key, "more than 4096");
		s->argv[s->argc++] = value;
		return true;
	}
	if (!strcmp(key, "env")) {
		if (s->envc == EXEC_ENV)
			return refuse(s, key, "more than 4096");
		if (*value == '=' || !strchr(value, '='))
			return refuse(s, key, "not NAME=VALUE");
		s->env[s->envc++] = value;
		return true;
	}
	if (!strcmp(key, "cwd"))
		return *value == '/' ? once(s, &s->cwd, key, value) : refuse(s, key, "not absolute");
	if (!strcmp(key, "user"))
		return *value ? once(s, &s->user, key, value) : refuse(s, key, "empty");
	if (!strcmp(key, "tty"))
		return (!s->tty && tty(s, value)) || refuse(s, key, "not \"COLUMNS ROWS TERM\"");
	if (!strcmp(key, "login")) {
		s->login = !strcmp(value, "1");
		return s->login || refuse(s, key, "not \"1\"");
	}
	return refuse(s, key, "unknown key");
}

bool execspec_parse(struct execspec *s, const char *text, size_t len)
{
	memset(s, 0, sizeof *s);
	while (len) {
		char key[16];
		const char *end = memchr(text, '\n', len);
		size_t n = end ? (size_t)(end - text) : len;
		const char *eq = memchr(text, '=', n);
		if (n == 0 || !eq || (size_t)(eq - text) >= sizeof key)
			return refuse(s, "line", "not key=value");
		memcpy(key, text, (size_t)(eq - text));
		key[eq - text] = 0;
		size_t coded = n - (size_t)(eq + 1 - text), got = 0;
		char *value = own(s, coded / 4 * 3 + 1);
		if (!value || !base64_decode(eq + 1, coded, (uint8_t *)value, &got))
			return refuse(s, key, "not Base64");
		value[got] = 0;
		if (memchr(value, 0, got))
			return refuse(s, key, "NUL byte inside");
		s->bytes += got + 1;
		if (s->bytes > EXEC_BYTES)
			return refuse(s, key, "more than 2 MiB in all");
		if (!entry(s, key, value))
			return false;
		text += end ? n + 1 : n;
		len -= end ? n + 1 : n;
	}
	if (!s->argc && !s->login)
		return refuse(s, "arg", "missing");
	return true;
}

struct environment {
	struct execspec *spec;
	char **list;
	size_t count, room;
};

/* The last one to set a name wins, in the place of the first. */
static void set(struct environment *e, char *pair)
{
	size_t name = (size_t)(strchr(pair, '=') - pair) + 1;
	for (size_t i = 0; i < e->count; i++)
		if (!strncmp(e->list[i], pair, name)) {
			e->list[i] = pair;
			return;
		}
	if (e->count + 1 < e->room)
		e->list[e->count++] = pair;
}

static void set_value(struct environment *e, const char *name, const char *value)
{
	size_t size = strlen(name) + strlen(value) + 2;
	char *pair = own(e->spec, size);
	if (!pair)
		return;
	snprintf(pair, size, "%s=%s", name, value);
	set(e, pair);
}

char **execspec_environment(struct execspec *s, const struct user *u, const char *image)
{
	size_t lines = 0;
	for (const char *p = image; p && *p; p++)
		lines += *p == '\n';
	struct environment e = { .spec = s, .room = lines + (size_t)s->envc + 16 };
	e.list = own(s, e.room * sizeof *e.list);
	if (!e.list)
		return NULL;
	set_value(&e, "PATH", PATH);
	set_value(&e, "HOME", u->home);
	set_value(&e, "USER", u->name);
	set_value(&e, "LOGNAME", u->name);
	set_value(&e, "SHELL", u->shell);
	set_value(&e, "LANG", "C.UTF-8");
	for (const char *p = image; p && *p;) {
		size_t n = strcspn(p, "\n");
		char *pair = own(s, n + 1);
		if (pair) {
			memcpy(pair, p, n);
			if (*pair != '=' && strchr(pair, '='))
				set(&e, pair);
		}
		p += n + (p[n] == '\n');
	}
	if (s->tty)
		set_value(&e, "TERM", s->term);
	for (int i = 0; i < s->envc; i++)
		set(&e, s->env[i]);
	return e.list;
}
