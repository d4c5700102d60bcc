/* ask UID LINE PROGRAM ARGUMENT…: runs the launcher as systemd does, with a connection from that uid that says
   LINE (with \n and \0 written so; "-": nothing, and the connection stays open), and prints what it answers. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    int ends[2];
    static char line[65536], answer[65536];
    size_t n = 0;
    if (argc < 4 || seteuid((uid_t)atoi(argv[1])) != 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0
        || seteuid(0) != 0)
        return 64;
    for (const char *p = argv[2]; *p && n < sizeof line; p++)
        if (*p == '\\' && p[1])
            line[n++] = *++p == 'n' ? '\n' : 0;
        else
            line[n++] = *p;
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], 0);
        execv(argv[3], argv + 3);
        _exit(127);
    }
    close(ends[1]);
    if (strcmp(argv[2], "-")) {
        /* One that refuses before it reads may be gone by now; its answer is there all the same. */
        signal(SIGPIPE, SIG_IGN);
        if (write(ends[0], line, n) != (ssize_t)n && errno != EPIPE)
            return 65;
        shutdown(ends[0], SHUT_WR);
    }
    size_t have = 0;
    for (ssize_t got; have < sizeof answer - 1 && (got = read(ends[0], answer + have, sizeof answer - 1 - have)) > 0;)
        have += (size_t)got;
    fwrite(answer, 1, have, stdout);
    return 0;
}
