/* In the jailer's place: tells what it was given and what its chroot's /vm shows to the VM's uid. Waits when
   the kernel's text begins with "wait". */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *value(int argc, char **argv, const char *option)
{
    for (int i = 1; i + 1 < argc; i++)
        if (!strcmp(argv[i], option))
            return argv[i + 1];
    return "";
}

int main(int argc, char **argv)
{
    char path[4096], text[64];
    printf("argv=");
    for (int i = 1; i < argc; i++)
        printf("%s ", argv[i]);
    printf("\nfds=");
    for (int fd = 0; fd < 256; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            printf("%d ", fd);
    printf("\n");
    const char *name = strrchr(value(argc, argv, "--exec-file"), '/') + 1;
    snprintf(path, sizeof path, "%s/%s/%s/root", value(argc, argv, "--chroot-base-dir"), name, value(argc, argv, "--id"));
    /* As the jailer does. */
    if (chdir(path) != 0 || chmod(".", 0700) != 0 || chroot(".") != 0)
        return 2;
    int uid = atoi(value(argc, argv, "--uid")), gid = atoi(value(argc, argv, "--gid"));
    if (chown("/", (uid_t)uid, (gid_t)gid) != 0 || setresgid((gid_t)gid, (gid_t)gid, (gid_t)gid) != 0 || setresuid((uid_t)uid, (uid_t)uid, (uid_t)uid) != 0)
        return 3;
    struct dirent **e;
    int n = scandir("/vm", &e, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        if (e[i]->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "/vm/%s", e[i]->d_name);
        memset(text, 0, sizeof text);
        int fd = open(path, O_RDONLY);
        if (fd < 0 || read(fd, text, sizeof text - 1) < 0)
            strcpy(text, "unreadable");
        text[strcspn(text, "\n")] = 0;
        printf("%s=%s,%s ", e[i]->d_name, text, open(path, O_WRONLY) >= 0 ? "rw" : "ro");
    }
    printf("\nmade=%s\n", open("/vm/api.sock", O_WRONLY | O_CREAT | O_EXCL, 0777) >= 0 ? "yes" : "no");
    if (symlink("/etc/shadow", "/vm/left-behind") == 0 && mkdir("/vm/deep", 0700) == 0 && mkdir("/vm/deep/er", 0700) == 0)
        symlink("../../../..", "/vm/deep/er/out");
    printf("end\n");
    fflush(stdout);
    memset(text, 0, sizeof text);
    int kernel = open("/vm/kernel", O_RDONLY);
    if (kernel >= 0 && read(kernel, text, 4) == 4 && !strcmp(text, "wait"))
        pause();
    return 0;
}
