/* Unit tests of the one line that comes from somebody else. */
#include "launch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int passed, failed;

static void check(bool good, const char *what)
{
    good ? passed++ : failed++;
    if (!good)
        printf("FAILED: %s\n", what);
}

#define ID "0123456789ab"
#define D8 "01234567"
#define DIGEST D8 D8 D8 D8 D8 D8 D8 D8
#define INITRD D8 D8
#define START_LINE "start " ID " " DIGEST " " DIGEST " " INITRD

static bool parses(const char *line, size_t length)
{
    /* From memory of exactly that length, so that a byte beyond it is an error. */
    struct request request;
    char *copy = malloc(length ? length : 1);
    memcpy(copy, line, length);
    bool result = request_parse(copy, length, &request);
    free(copy);
    return result;
}

int main(void)
{
    struct request r;
    check(request_parse(START_LINE, strlen(START_LINE), &r) && r.verb == START && !strcmp(r.id, ID)
            && !strcmp(r.image, DIGEST) && !strcmp(r.initrd, INITRD),
        "start");
    check(request_parse("kill " ID, strlen("kill " ID), &r) && r.verb == KILL, "kill");
    check(request_parse("forget " ID, strlen("forget " ID), &r) && r.verb == FORGET, "forget");
    static const char *bad[] = {"", " ", "start", "kill", "kill ", "kill 0123456789a", "kill 0123456789abc", "kill 0123456789aB",
        "kill  " ID, "kill\t" ID, "kill " ID " ", "kill " ID "\r", "Kill " ID, "killall " ID, "stop " ID, "kill ../../../etc",
        "kill 01234567/../", "start " ID, "start " ID " " DIGEST, "start " ID " " DIGEST " " DIGEST, START_LINE " ", START_LINE " x",
        START_LINE "0", "start " ID " " DIGEST " " DIGEST " ../" INITRD,
        "start " ID " " DIGEST " " DIGEST " " DIGEST, "forget .", "forget ..", " kill " ID};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check(!parses(bad[i], strlen(bad[i])), bad[i]);
    check(!parses("kill " ID "\0", strlen("kill " ID) + 1), "a NUL at the end");
    check(!parses("kill 0123\0" "56789ab", strlen("kill " ID)), "a NUL in the id");
    for (size_t cut = 0; cut < strlen(START_LINE); cut++)
        check(!parses(START_LINE, cut), "a line that was cut");
    srand(1);
    for (int i = 0; i < 200000; i++) { /* every line that differs in one byte from a good one */
        char line[sizeof START_LINE];
        memcpy(line, START_LINE, sizeof line);
        size_t at = (size_t)rand() % (sizeof line - 1);
        char byte = (char)rand();
        bool was_hex = at > 5 && line[at] != ' ';
        bool is_hex = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
        bool same = line[at] == byte;
        line[at] = byte;
        if (parses(line, sizeof line - 1) != (same || (was_hex && is_hex))) {
            check(false, "a line with another byte");
            break;
        }
    }
    printf("%d %d\n", passed, failed);
    return 0;
}
