/* Run by the tests in the place of a VMM: tells what it finds, or behaves as it is asked to. */
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

extern char **environ;

static void facts(void)
{
    char line[256];
    printf("pid=%d\nsid=%d\npgid=%d\nuid=%d\ngid=%d\n", getpid(), getsid(0), getpgid(0), getuid(), getgid());
    printf("groups=");
    gid_t groups[64];
    int n = getgroups(64, groups);
    for (int i = 0; i < n; i++)
        printf("%s%d", i ? "," : "", groups[i]);
    printf("\nfds=");
    DIR *d = opendir("/proc/self/fd");
    for (struct dirent *e; (e = readdir(d));)
        if (e->d_name[0] != '.' && atoi(e->d_name) != dirfd(d))
            printf("%s ", e->d_name);
    closedir(d);
    printf("\nenv=");
    for (char **e = environ; *e; e++)
        printf("%s ", *e);
    printf("\ncwd=%s\n", getcwd(line, sizeof line));
    mode_t mask = umask(0);
    printf("umask=%03o\n", mask);
    struct rlimit l;
    getrlimit(RLIMIT_AS, &l);
    printf("as=%lld\n", (long long)l.rlim_cur);
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f)) {
        char *tab = strchr(line, '\t');
        if (tab && (!strncmp(line, "Cap", 3) || !strncmp(line, "NoNew", 5) || !strncmp(line, "Sig", 3)))
            printf("%.*s=%s", (int)(tab - line - 1), line, tab + 1);
    }
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "facts";
    if (!strcmp(what, "facts")) {
        facts();
    } else if (!strcmp(what, "tap")) {
        struct ifreq r = {0};
        if (ioctl(3, TUNGETIFF, &r) != 0)
            return 1;
        printf("tap=%s tapflags=%d vnet=%d\n", r.ifr_name, !!(r.ifr_flags & IFF_TAP), !!(r.ifr_flags & IFF_VNET_HDR));
        facts();
    } else if (!strcmp(what, "memory")) { /* what is at descriptor 4, and every way to change it */
        char text[256] = "";
        if (pread(4, text, sizeof text - 1, 0) < 0)
            printf("unreadable ");
        printf("%s", text);
        /* As QEMU does: opened for writing, mapped privately. */
        int fd = open("/proc/self/fd/4", O_RDWR);
        char *own = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
        if (own != MAP_FAILED)
            own[0] = 'P';
        printf(" private=%s", own == MAP_FAILED ? "no" : own);
        printf(" write=%s", pwrite(4, "X", 1, 0) == 1 || pwrite(fd, "X", 1, 0) == 1 ? "yes" : "no");
        printf(" shared=%s", mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, fd, 0) != MAP_FAILED ? "yes" : "no");
        printf(" cut=%s", ftruncate(fd, 0) == 0 || ftruncate(fd, 1 << 20) == 0 ? "yes" : "no");
        printf(" punch=%s", fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096) == 0 ? "yes" : "no");
        printf(" nice=%d\n", getpriority(PRIO_PROCESS, 0));
        close(fd);
        facts();
    } else if (!strcmp(what, "hold-memory")) { /* sealed; nearly; not; or an ordinary file */
        static const unsigned seals[] = {F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE,
                                         F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW, 0};
        int kind = atoi(argv[2]);
        int fd = kind < 3 ? memfd_create("memory", MFD_ALLOW_SEALING) : open("plain", O_RDWR | O_CREAT, 0600);
        if (fd < 0 || write(fd, "precious", 9) != 9 || (kind < 3 && fcntl(fd, F_ADD_SEALS, seals[kind]) != 0))
            return 1;
        printf("%d %d\n", getpid(), fd);
        fflush(stdout);
        pause();
    } else if (!strcmp(what, "exit")) {
        return atoi(argv[2]);
    } else if (!strcmp(what, "wait")) {
        printf("waiting\n");
        fflush(stdout);
        pause();
    } else if (!strcmp(what, "stubborn")) {
        signal(SIGTERM, SIG_IGN);
        printf("deaf\n");
        fflush(stdout);
        for (;;)
            pause();
    } else if (!strcmp(what, "flood")) { /* N numbered lines of 16 bytes, then a last word */
        for (long i = 0; i < atol(argv[2]); i++)
            printf("%015ld\n", i);
        printf("the end\n");
    } else if (!strcmp(what, "orphan")) {
        pid_t pid = fork();
        if (pid == 0) {
            setsid();
            pause();
        }
        printf("%d\n", pid);
    } else if (!strcmp(what, "read")) { /* a file, and whether it can be written */
        char text[256] = "";
        int fd = open(argv[2], O_RDONLY);
        if (fd < 0 || read(fd, text, sizeof text - 1) < 0)
            printf("unreadable ");
        printf("%s", text);
        fd = open(argv[2], O_WRONLY);
        printf(fd < 0 ? " sealed\n" : " writable\n");
    } else if (!strcmp(what, "reach")) { /* which of the paths are there, and whether a socket answers */
        for (int i = 2; i < argc; i++) {
            struct sockaddr_un name = {.sun_family = AF_UNIX};
            strncpy(name.sun_path, argv[i], sizeof name.sun_path - 1);
            int fd = socket(AF_UNIX, SOCK_STREAM, 0);
            bool there = access(argv[i], F_OK) == 0;
            bool answers = connect(fd, (struct sockaddr *)&name, sizeof name) == 0;
            printf("%s%s ", there ? "there" : "hidden", answers ? "+answers" : "");
            close(fd);
        }
        printf("\n");
    } else if (!strcmp(what, "list")) { /* what the root holds */
        struct dirent **e;
        int n = scandir(argv[2], &e, NULL, alphasort);
        for (int i = 0; i < n; i++)
            if (e[i]->d_name[0] != '.')
                printf("%s ", e[i]->d_name);
        printf("\n");
    } else if (!strcmp(what, "opentap")) { /* as Firecracker does */
        struct ifreq r = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
        strncpy(r.ifr_name, argv[2], IFNAMSIZ - 1);
        int fd = open("/dev/net/tun", O_RDWR);
        printf("%s\n", fd >= 0 && ioctl(fd, TUNSETIFF, &r) == 0 ? "opened" : "refused");
    } else if (!strcmp(what, "namespaces")) {
        static const char *const kinds[] = {"user", "mnt", "pid", "ipc", "uts"};
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
            char path[64], to[64] = "";
            snprintf(path, sizeof path, "/proc/self/ns/%s", kinds[i]);
            if (readlink(path, to, sizeof to - 1) > 0)
                printf("%s ", to);
        }
        struct rlimit files, size;
        getrlimit(RLIMIT_NOFILE, &files);
        getrlimit(RLIMIT_FSIZE, &size);
        printf("\nnofile=%lld fsize=%lld\n", (long long)files.rlim_cur, (long long)size.rlim_cur);
        int fd = open("grown", O_WRONLY | O_CREAT, 0600);
        signal(SIGXFSZ, SIG_IGN);
        printf("grown=%s\n", fd >= 0 && ftruncate(fd, (off_t)size.rlim_cur + 1) == 0 ? "yes" : "no");
        printf("root=%s\n", mkdir("/new", 0700) == 0 ? "writable" : "sealed");
        printf("userns=%s\n", unshare(CLONE_NEWUSER) == 0 ? "yes" : "no");
    } else {
        return 64;
    }
    return 0;
}
