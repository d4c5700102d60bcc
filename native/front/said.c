/* Text from outside on a terminal, as banger.api.Printable and banger.cli.Terminal show it. */
#include "front.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Controls, and format characters: the bidirectional ones are among them. */
static bool is_dangerous(uint32_t c)
{
    static const uint32_t ranges[][2] = {
        {0, 0x1f}, {0x7f, 0x9f}, {0xad, 0xad}, {0x600, 0x605}, {0x61c, 0x61c}, {0x6dd, 0x6dd}, {0x70f, 0x70f},
        {0x890, 0x891}, {0x8e2, 0x8e2}, {0x180e, 0x180e}, {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x2064},
        {0x2066, 0x206f}, {0xd800, 0xdfff}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0x110bd, 0x110bd},
        {0x110cd, 0x110cd}, {0x13430, 0x1343f}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0001, 0xe0001},
        {0xe0020, 0xe007f},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (c >= ranges[i][0] && c <= ranges[i][1])
            return true;
    return false;
}

/* The character that begins at `s`, and how many bytes it has; U+FFFD and 1 for what is none. */
static size_t character(const uint8_t *s, size_t len, uint32_t *c)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = s[0] < 0x80 ? 1 : s[0] >> 5 == 6 ? 2 : s[0] >> 4 == 14 ? 3 : s[0] >> 3 == 30 ? 4 : 0;
    if (n == 1) {
        *c = s[0];
        return 1;
    }
    *c = n ? s[0] & (0x7fu >> n) : 0;
    bool good = n && n <= len;
    for (size_t i = 1; good && i < n; i++) {
        good = s[i] >> 6 == 2;
        *c = *c << 6 | (s[i] & 0x3f);
    }
    if (good && *c >= least[n] && *c <= 0x10ffff && *c >> 11 != 0x1b)
        return n;
    *c = 0xfffd;
    return 1;
}

static bool is_coloured(void)
{
    const char *forced = getenv("CLICOLOR_FORCE"), *off = getenv("NO_COLOR"), *term = getenv("TERM");
    if (off && *off)
        return false;
    return (forced && strcmp(forced, "0")) || (isatty(2) && term && strcmp(term, "dumb"));
}

void said_error(const uint8_t *text, size_t len, const char *remedy)
{
    char *line = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&line, &size);
    if (!out)
        return;
    fputs(is_coloured() ? "\033[31merror:\033[0m " : "error: ", out);
    for (size_t at = 0, n; at < len; at += n) {
        uint32_t c;
        n = character(text + at, len - at, &c);
        if (c == 0xfffd && n == 1)
            fputs("\xef\xbf\xbd", out);
        else if (is_dangerous(c))
            fprintf(out, c < 256 ? "\\x%02x" : "\\u{%x}", c);
        else
            fwrite(text + at, 1, n, out);
    }
    fputc('\n', out);
    if (remedy)
        fprintf(out, "  %s\n", remedy);
    fclose(out);
    for (size_t done = 0; done < size;) {
        ssize_t n = write(2, line + done, size - done);
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    free(line);
}
