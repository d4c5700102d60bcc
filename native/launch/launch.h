/* banger-launch: what each file offers the others. The contract is docs/protocol.md, section Launcher. */
#ifndef LAUNCH_H
#define LAUNCH_H

#include "../shim/shim.h"

/* What the unit says: root's words, taken on trust. */
struct place {
    int state;   /* the owner's: images, kernels, vms */
    int jails;   /* ours: EXEC/ID/root, a chroot each */
    int records; /* ours: ID.uid and ID.run */
    const char *jails_path;
    const char *jailer;
    const char *firecracker;
    const char *netns; /* NULL: the one we are in */
    uid_t owner;
    gid_t group;
    uid_t first_uid;
    unsigned uids;
};

#define ID_LENGTH 12
#define DIGEST_LENGTH 64
#define INITRD_LENGTH 16

/* ---- request.c ---- */

enum verb { START, KILL, FORGET };

struct request {
    enum verb verb;
    char id[ID_LENGTH + 1];
    char image[DIGEST_LENGTH + 1];
    char kernel[DIGEST_LENGTH + 1];
    char initrd[INITRD_LENGTH + 1]; /* in its file's name: of the guest program in it */
};

#define REQUEST_MAX 256

/* A line without its newline; false when it is anything but a request. */
bool request_parse(const char *line, size_t length, struct request *out);
/* The one line that comes on the descriptor within the time; fails. */
struct request request_read(int fd, int milliseconds);

/* ---- beneath.c: files that somebody else may be moving about ---- */

/* A directory by its absolute path, no component of it a link; fails. */
int directory_open(const char *what, const char *path);
/* A path below DIRECTORY, never out of it, through no link and into no other mount; fails, naming the path. */
int beneath(int directory, const char *path, int flags);
/* Fails unless it is a directory of root's in which nobody else can write. */
void require_ours(int directory, const char *what);
/* A regular file with one name, of one of both users, without special bits; fails. Its size. */
long long require_plain(int file, const char *what, uid_t one, uid_t other, mode_t forbidden);
/* DIRECTORY/NAME with all that is in it, through no link and into no other mount; fails. */
void remove_tree(int directory, const char *name);

/* ---- records.c ---- */

/* Held until the process executes another program: one request at a time. */
void records_lock(const struct place *place);
/* The VM's uid: the one it has, or the lowest that no other has; fails when all are taken. */
uid_t records_uid(const struct place *place, const char *id);
/* The process of the VM's last start, as a pidfd; -1: it has ended. */
int records_running(const struct place *place, const char *id);
/* This process is the VM's. */
void records_begin(const struct place *place, const char *id);
void records_forget(const struct place *place, const char *id);

/* ---- jail.c ---- */

/* Mounts made from here on are seen by this process and what it executes. Before any directory is opened:
   what lies in another mount namespace cannot be bound. */
void jail_own_mounts(void);
/* Makes the VM's chroot and what it shows, seen by this process and its like only; gives the largest
   file's size that the VM may write. */
long long jail_make(const struct place *place, const struct request *request, uid_t uid);
void jail_remove(const struct place *place, const char *id);
/* Becomes the jailer. */
__attribute__((noreturn)) void jail_enter(const struct place *place, const char *id, uid_t uid, long long largest);

#endif
