/* Who has which uid, and which process is whose: root's own notes, so that nobody is asked. */
#include "launch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_MAX_BYTES (ID_LENGTH + 8)
#define NEXT ".next"

static void name_of(const char *id, const char *kind, char name[NAME_MAX_BYTES])
{
    snprintf(name, NAME_MAX_BYTES, "%s.%s", id, kind);
}

static bool read_record(const struct place *place, const char *name, char *text, size_t size)
{
    int fd = openat(place->records, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read_all(fd, text, size);
    close(fd);
    if (n < 0)
        fail("records", "%s: %m", name);
    text[strcspn(text, "\n")] = 0;
    return true;
}

static void write_record(const struct place *place, const char *name, const char *text)
{
    unlinkat(place->records, NEXT, 0);
    int fd = openat(place->records, NEXT, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 || !write_all(fd, text, strlen(text)) || fsync(fd) != 0
        || renameat(place->records, NEXT, place->records, name) != 0 || fsync(place->records) != 0)
        fail("records", "%s: %m", name);
    close(fd);
}

void records_lock(const struct place *place)
{
    /* The lock goes with the last descriptor of this opening: at the latest when the jailer is executed. */
    int fd = openat(place->records, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (fd >= 0 && flock(fd, LOCK_EX) != 0)
        if (errno != EINTR)
            fail("records", "lock: %m");
    if (fd < 0)
        fail("records", "%m");
}

static bool number_of(const struct place *place, const char *name, unsigned *number)
{
    char text[32];
    unsigned long long n;
    if (!read_record(place, name, text, sizeof text))
        return false;
    if (!parse_number(text, 0, place->uids - 1, &n))
        fail("records", "%s: not a number below %u", name, place->uids);
    *number = (unsigned)n;
    return true;
}

uid_t records_uid(const struct place *place, const char *id)
{
    char name[NAME_MAX_BYTES], text[32];
    unsigned number;
    name_of(id, "uid", name);
    if (number_of(place, name, &number))
        return place->first_uid + number;
    bool *taken = calloc(place->uids, sizeof *taken);
    int copy = openat(place->records, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = copy < 0 ? NULL : fdopendir(copy);
    if (!taken || !entries)
        fail("records", "%m");
    for (struct dirent *e; (e = readdir(entries));) {
        size_t length = strlen(e->d_name);
        if (length > 4 && !strcmp(e->d_name + length - 4, ".uid") && number_of(place, e->d_name, &number))
            taken[number] = true;
    }
    closedir(entries);
    for (number = 0; number < place->uids && taken[number];)
        number++;
    free(taken);
    if (number == place->uids)
        fail("uid", "all %u are taken: delete VMs, or give a longer range", place->uids);
    snprintf(text, sizeof text, "%u\n", number);
    write_record(place, name, text);
    return place->first_uid + number;
}

int records_running(const struct place *place, const char *id)
{
    char name[NAME_MAX_BYTES], text[REFERENCE_MAX + 1];
    struct reference r;
    name_of(id, "run", name);
    if (!read_record(place, name, text, sizeof text))
        return -1;
    if (!reference_parse(text, &r))
        fail("records", "%s: not a process reference", name);
    return reference_open(r);
}

void records_begin(const struct place *place, const char *id)
{
    char name[NAME_MAX_BYTES], text[REFERENCE_MAX + 1];
    struct reference self;
    if (!reference_of(0, &self))
        fail("records", "/proc/self/stat cannot be read");
    name_of(id, "run", name);
    reference_print(self, text);
    strcat(text, "\n");
    write_record(place, name, text);
}

void records_forget(const struct place *place, const char *id)
{
    char name[NAME_MAX_BYTES];
    static const char *const kinds[] = {"run", "uid"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        name_of(id, kinds[i], name);
        if (unlinkat(place->records, name, 0) != 0 && errno != ENOENT)
            fail("records", "%s: %m", name);
    }
    fsync(place->records);
}
