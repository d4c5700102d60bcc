#include "begin.h"

#include "tar.h"
#include "util.h"

#include <stdlib.h>
#include <string.h>

static bool flag(const char *value, bool *out)
{
	*out = !strcmp(value, "1");
	return *out || !strcmp(value, "0");
}

static bool gitdir(const char *value, char out[4097])
{
	size_t n = strlen(value);
	if (value[0] != '/' || n >= TAR_PATH)
		return false;
	strcpy(out, value);
	return tar_clean_path(out + 1) && out[1];
}

static bool line(struct begin *b, char *text)
{
	char *value = strchr(text, '=');
	if (!value)
		return false;
	*value++ = 0;
	if (!strcmp(text, "format")) {
		b->sha256 = !strcmp(value, "sha256");
		return b->sha256 || !strcmp(value, "sha1");
	}
	if (!strcmp(text, "force"))
		return flag(value, &b->force);
	if (!strcmp(text, "readonly"))
		return flag(value, &b->readonly);
	if (!strcmp(text, "fresh"))
		return flag(value, &b->fresh);
	if (!strcmp(text, "saved"))
		return flag(value, &b->saved);
	return !strcmp(text, "gitdir") && gitdir(value, b->gitdir);
}

const char *begin_parse(struct begin *b, const uint8_t *data, size_t len)
{
	const char *wrong = NULL;
	memset(b, 0, sizeof *b);
	char *text = malloc(len + 1), *save = NULL;
	if (!text)
		return "no memory";
	if (len)
		memcpy(text, data, len);
	text[len] = 0;
	if (strlen(text) != len)
		wrong = "BEGIN with a NUL";
	for (char *l = strtok_r(text, "\n", &save); l && !wrong; l = strtok_r(NULL, "\n", &save))
		if (!line(b, l))
			wrong = "BEGIN with a line that is not known";
	free(text);
	return wrong;
}

bool begin_read(struct wire *w, struct begin *b)
{
	struct wire_frame f;
	if (!wire_next(w, &f))
		return false;
	if (f.type != WIRE_BEGIN)
		return wire_fail(w, "frame %u in the place of BEGIN", f.type);
	const char *wrong = begin_parse(b, f.data, f.len);
	return !wrong || wire_fail(w, "%s", wrong);
}
