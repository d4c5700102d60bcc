/* Two-file rings with a writer thread each: NAME is being written, NAME.1 is what came before it. */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CHUNK 16384

struct log {
    int directory;
    char name[64], before[68];
    size_t half;
    /* The writer thread's own. */
    int fd;
    size_t written;
    char chunk[CHUNK];
    /* Shared. */
    pthread_mutex_t lock;
    pthread_cond_t more;
    pthread_t thread;
    bool started, closing;
    size_t size, head, length;
    unsigned long long lost;
    char *memory;
};

int new_file(int directory, const char *name)
{
    for (int attempt = 0; attempt < 8; attempt++) {
        int fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd >= 0) {
            if (fchmod(fd, 0600) == 0)
                return fd;
            int error = errno;
            close(fd);
            errno = error;
            return -1;
        }
        if (errno != EEXIST || (unlinkat(directory, name, 0) != 0 && errno != ENOENT))
            return -1;
    }
    return -1;
}

/* What is there becomes NAME.1; an empty one is not worth losing an older one for. */
static int rotate(struct log *log)
{
    struct stat st;
    if (fstatat(log->directory, log->name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        if (!S_ISREG(st.st_mode) || st.st_size == 0)
            unlinkat(log->directory, log->name, 0);
        else
            renameat(log->directory, log->name, log->directory, log->before);
    }
    log->written = 0;
    return new_file(log->directory, log->name);
}

struct log *log_open(int directory, const char *name, size_t half, size_t memory)
{
    struct log *log = calloc(1, sizeof *log);
    if (!log || !(log->memory = malloc(memory)))
        fail("memory", "%s", name);
    log->directory = directory;
    snprintf(log->name, sizeof log->name, "%s", name);
    snprintf(log->before, sizeof log->before, "%s.1", log->name);
    log->half = half;
    log->size = memory;
    pthread_mutex_init(&log->lock, NULL);
    pthread_cond_init(&log->more, NULL);
    log->fd = rotate(log);
    if (log->fd < 0)
        fail("log", "%s: %m", name);
    return log;
}

/* Bytes that cannot be written (a full disk) are lost; the next ones are tried again. */
static void store(struct log *log, const char *bytes, size_t length)
{
    while (length > 0) {
        if (log->fd < 0 || log->written >= log->half) {
            if (log->fd >= 0)
                close(log->fd);
            log->fd = rotate(log);
            if (log->fd < 0)
                return;
        }
        size_t part = length < log->half - log->written ? length : log->half - log->written;
        ssize_t n = write(log->fd, bytes, part);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        log->written += (size_t)n;
        bytes += n;
        length -= (size_t)n;
    }
}

static void *writer(void *argument)
{
    struct log *log = argument;
    pthread_mutex_lock(&log->lock);
    for (;;) {
        while (log->length == 0 && !log->closing)
            pthread_cond_wait(&log->more, &log->lock);
        if (log->length == 0)
            break;
        unsigned long long lost = log->lost;
        log->lost = 0;
        size_t n = log->length < CHUNK ? log->length : CHUNK;
        size_t first = n < log->size - log->head ? n : log->size - log->head;
        memcpy(log->chunk, log->memory + log->head, first);
        memcpy(log->chunk + first, log->memory, n - first);
        log->head = (log->head + n) % log->size;
        log->length -= n;
        if (log->length == 0)
            log->head = 0; /* so that only a slow disk makes us touch all of the memory */
        pthread_mutex_unlock(&log->lock);
        if (lost > 0) {
            char note[96];
            int length = snprintf(note, sizeof note, "\n[banger: %llu bytes lost, the disk was too slow]\n", lost);
            store(log, note, (size_t)length);
        }
        store(log, log->chunk, n);
        pthread_mutex_lock(&log->lock);
    }
    pthread_mutex_unlock(&log->lock);
    return NULL;
}

static void start(struct log *log)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 256 * 1024);
    log->started = pthread_create(&log->thread, &attributes, writer, log) == 0;
    pthread_attr_destroy(&attributes);
}

void log_add(struct log *log, const char *bytes, size_t length)
{
    pthread_mutex_lock(&log->lock);
    if (!log->started)
        start(log);
    if (length > log->size) {
        log->lost += length - log->size;
        bytes += length - log->size;
        length = log->size;
    }
    if (log->length + length > log->size) { /* the oldest bytes go: the end is what explains a crash */
        size_t over = log->length + length - log->size;
        log->head = (log->head + over) % log->size;
        log->length -= over;
        log->lost += over;
    }
    size_t tail = (log->head + log->length) % log->size;
    size_t first = length < log->size - tail ? length : log->size - tail;
    memcpy(log->memory + tail, bytes, first);
    memcpy(log->memory, bytes + first, length - first);
    log->length += length;
    pthread_cond_signal(&log->more);
    pthread_mutex_unlock(&log->lock);
}

void log_close(struct log *log, int milliseconds)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += milliseconds / 1000;
    until.tv_nsec += (long)(milliseconds % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&log->lock);
    log->closing = true;
    pthread_cond_signal(&log->more);
    pthread_mutex_unlock(&log->lock);
    if (log->started && pthread_timedjoin_np(log->thread, NULL, &until) != 0)
        return; /* a disk that is stuck: the thread ends with the process */
    if (log->fd >= 0)
        close(log->fd);
    free(log->memory);
    free(log);
}
