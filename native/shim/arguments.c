/* Parsing of what the caller said. Nothing is done before all of it was understood. */
#include "shim.h"

#include <stdlib.h>
#include <string.h>

bool parse_number(const char *text, unsigned long long min, unsigned long long max, unsigned long long *out)
{
    unsigned long long value = 0;
    if (!*text || strlen(text) > 19)
        return false;
    for (const char *p = text; *p; p++) {
        if (*p < '0' || *p > '9')
            return false;
        value = value * 10 + (unsigned)(*p - '0');
    }
    if (value < min || value > max)
        return false;
    *out = value;
    return true;
}

bool valid_name(const char *text)
{
    size_t length = strlen(text);
    if (length == 0 || length > 255 || !strcmp(text, ".") || !strcmp(text, ".."))
        return false;
    for (const char *p = text; *p; p++)
        if (*p <= 0x20 || *p >= 0x7f || *p == '/')
            return false;
    return true;
}

bool valid_tap(const char *text)
{
    return strlen(text) == 15 && !strncmp(text, "bgr", 3) && strspn(text + 3, "0123456789abcdef") == 12;
}

bool valid_path(const char *text)
{
    if (*text != '/' || strlen(text) >= 4096)
        return false;
    for (const char *p = text; *p; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            return false;
        if (!strncmp(p, "/..", 3) && (p[3] == '/' || !p[3]))
            return false;
    }
    return true;
}

char *option_value(int argc, char **argv, int *i)
{
    if (*i + 1 >= argc)
        fail("arguments", "%s needs a value", argv[*i]);
    return argv[++*i];
}

unsigned long long option_number(int argc, char **argv, int *i, unsigned long long min, unsigned long long max)
{
    const char *option = argv[*i];
    const char *text = option_value(argc, argv, i);
    unsigned long long value;
    if (!parse_number(text, min, max, &value))
        fail("arguments", "%s %s: a number from %llu to %llu is needed", option, text, min, max);
    return value;
}

struct reference option_reference(int argc, char **argv, int *i)
{
    const char *option = argv[*i];
    const char *text = option_value(argc, argv, i);
    struct reference r;
    if (!reference_parse(text, &r))
        fail("arguments", "%s %s: not a process reference (PID:START)", option, text);
    return r;
}
