/* The daemon's side of one connection: peer SOCKET REQUEST FIRST COUNT SECOND
   takes one request into REQUEST, sends FIRST, takes COUNT bytes more into REQUEST.in, sends SECOND, and takes what
   else comes until the other side closes. "ready" is printed when it listens. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char request[8 << 20];

static void need(int good, const char *what)
{
    if (!good) {
        perror(what);
        exit(1);
    }
}

static void send_file(int sock, const char *path)
{
    static char data[65536];
    int fd = open(path, O_RDONLY);
    need(fd >= 0, path);
    for (ssize_t n; (n = read(fd, data, sizeof data)) > 0;)
        for (ssize_t done = 0, k; done < n; done += k) {
            k = send(sock, data + done, (size_t)(n - done), MSG_NOSIGNAL);
            if (k < 0)
                exit(0); /* the other side had enough */
        }
    close(fd);
}

int main(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    need(argc == 6, "arguments");
    snprintf(address.sun_path, sizeof address.sun_path, "%s", argv[1]);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    need(bind(listener, (struct sockaddr *)&address, sizeof address) == 0, argv[1]);
    need(listen(listener, 1) == 0, "listen");
    puts("ready");
    fflush(stdout);
    int sock = accept(listener, NULL, NULL);
    size_t len = 0;
    const char *body = NULL;
    size_t want = 0;
    while (!body || len < want) {
        ssize_t n = recv(sock, request + len, sizeof request - 1 - len, 0);
        need(n > 0, "request");
        len += (size_t)n;
        request[len] = 0;
        body = strstr(request, "\r\n\r\n");
        const char *length = strstr(request, "Content-Length: ");
        if (body && !length)
            break;
        if (body)
            want = (size_t)(body + 4 - request) + strtoul(length + 16, NULL, 10);
    }
    int fd = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0600);
    need(write(fd, request, len) == (ssize_t)len, argv[2]);
    close(fd);
    char in[4096];
    snprintf(in, sizeof in, "%s.in", argv[2]);
    fd = open(in, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    send_file(sock, argv[3]);
    long left = atol(argv[4]);
    static char data[65536];
    ssize_t n;
    while (left > 0 && (n = recv(sock, data, sizeof data, 0)) > 0) {
        need(write(fd, data, (size_t)n) == n, in);
        left -= n;
    }
    send_file(sock, argv[5]);
    shutdown(sock, SHUT_WR);
    while ((n = recv(sock, data, sizeof data, 0)) > 0)
        need(write(fd, data, (size_t)n) == n, in);
    return 0;
}
