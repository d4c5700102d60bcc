/* The one line that a role prints: "ok …" or "failed STEP: TEXT". */
#include "shim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

static int target = STDOUT_FILENO;

void answer_to(int fd)
{
    target = fd;
}

/* A line is one line whatever was in a path or a name. */
static void say(char *line, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
    line[length] = '\n';
    write_all(target, line, length + 1);
}

__attribute__((format(printf, 3, 0))) static size_t put(char *line, size_t at, const char *format, va_list arguments)
{
    int n = vsnprintf(line + at, LINE_MAX_BYTES - 1 - at, format, arguments);
    if (n < 0)
        return at;
    size_t end = at + (size_t)n;
    return end < LINE_MAX_BYTES - 1 ? end : LINE_MAX_BYTES - 2;
}

void answer_ok(const char *format, ...)
{
    char line[LINE_MAX_BYTES] = "ok ";
    va_list arguments;
    va_start(arguments, format);
    size_t end = put(line, 3, format, arguments);
    va_end(arguments);
    say(line, end);
}

void fail(const char *step, const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    int n = snprintf(line, sizeof line, "failed %s: ", step);
    va_list arguments;
    va_start(arguments, format);
    size_t end = put(line, n > 0 ? (size_t)n : 0, format, arguments);
    va_end(arguments);
    say(line, end);
    _exit(1);
}

void fail_line(const char *line)
{
    char copy[LINE_MAX_BYTES];
    size_t length = strnlen(line, sizeof copy - 2);
    memcpy(copy, line, length);
    say(copy, length);
    _exit(1);
}
