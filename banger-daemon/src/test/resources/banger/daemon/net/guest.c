/* The network tests' guest: a network stack of its own behind a tap, and the programs that run in it.
   Everything ends when standard input does. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static void die(const char *what)
{
    printf("failed %s: %s\n", what, strerror(errno));
    exit(1);
}

static int open_tap(const char *name)
{
    struct ifreq r = {.ifr_flags = IFF_TAP | IFF_NO_PI};
    strncpy(r.ifr_name, name, IFNAMSIZ - 1);
    int fd = open("/dev/net/tun", O_RDWR);
    if (fd < 0 || ioctl(fd, TUNSETIFF, &r) != 0)
        die(name);
    return fd;
}

static struct sockaddr_in at(const char *address, int port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, address, &a.sin_addr) != 1)
        die(address);
    return a;
}

static void set(int s, unsigned long request, struct ifreq *r, const char *what)
{
    if (ioctl(s, request, r) != 0)
        die(what);
}

static void configure(const char *mac, const char *address, const char *gateway)
{
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    struct ifreq r = {0};
    strcpy(r.ifr_name, "eth0");
    r.ifr_hwaddr.sa_family = ARPHRD_ETHER;
    unsigned char *m = (unsigned char *)r.ifr_hwaddr.sa_data;
    sscanf(mac, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", m, m + 1, m + 2, m + 3, m + 4, m + 5);
    set(s, SIOCSIFHWADDR, &r, "mac");
    struct sockaddr_in a = at(address, 0);
    memcpy(&r.ifr_addr, &a, sizeof a);
    set(s, SIOCSIFADDR, &r, "address");
    a = at("255.255.255.0", 0);
    memcpy(&r.ifr_netmask, &a, sizeof a);
    set(s, SIOCSIFNETMASK, &r, "mask");
    r.ifr_flags = IFF_UP | IFF_RUNNING;
    set(s, SIOCSIFFLAGS, &r, "up");
    struct ifreq lo = {.ifr_flags = IFF_UP | IFF_RUNNING};
    strcpy(lo.ifr_name, "lo");
    set(s, SIOCSIFFLAGS, &lo, "lo");
    struct rtentry route = {.rt_flags = RTF_UP | RTF_GATEWAY};
    a = at(gateway, 0);
    memcpy(&route.rt_gateway, &a, sizeof a);
    a = at("0.0.0.0", 0);
    memcpy(&route.rt_dst, &a, sizeof a);
    memcpy(&route.rt_genmask, &a, sizeof a);
    if (ioctl(s, SIOCADDRT, &route) != 0)
        die("route");
    close(s);
}

static void pump(int outside, int inside)
{
    struct pollfd p[3] = {{.fd = outside, .events = POLLIN}, {.fd = inside, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
    char frame[70000];
    for (;;) {
        poll(p, 3, -1);
        for (int i = 0; i < 2; i++)
            if (p[i].revents) {
                ssize_t n = read(p[i].fd, frame, sizeof frame);
                if (n < 0 && errno != EAGAIN)
                    exit(0); /* the tap was taken away */
                if (n > 0 && write(p[!i].fd, frame, (size_t)n) < 0 && errno == EBADFD)
                    exit(0);
            }
        if (p[2].revents && read(0, frame, sizeof frame) <= 0)
            exit(0);
    }
}

static void until_end_of_input(int s, void (*serve)(int, const char *), const char *text)
{
    struct pollfd p[2] = {{.fd = s, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
    char rest[64];
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        poll(p, 2, -1);
        if (p[0].revents)
            serve(s, text);
        if (p[1].revents && read(0, rest, sizeof rest) <= 0)
            exit(0);
    }
}

static void tcp(int s, const char *text)
{
    int c = accept(s, NULL, NULL);
    if (c >= 0 && write(c, text, strlen(text)) >= 0)
        close(c);
}

/* Tells each datagram's text, and sends it back. */
static void udp(int s, const char *text)
{
    char datagram[2048];
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    (void)text;
    ssize_t n = recvfrom(s, datagram, sizeof datagram - 1, 0, (struct sockaddr *)&from, &length);
    if (n < 0)
        return;
    sendto(s, datagram, (size_t)n, 0, (struct sockaddr *)&from, length);
    datagram[n] = 0;
    printf("got %s\n", datagram);
    fflush(stdout);
}

static void serve(int type, const char *address, int port, const char *text)
{
    int s = socket(AF_INET, type, 0), one = 1;
    struct sockaddr_in a = at(address, port);
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(s, (struct sockaddr *)&a, sizeof a) != 0 || (type == SOCK_STREAM && listen(s, 16) != 0))
        die("bind");
    until_end_of_input(s, type == SOCK_STREAM ? tcp : udp, text);
}

static void fetch(const char *address, int port, int milliseconds)
{
    struct sockaddr_in a = at(address, port);
    int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), error = 0;
    socklen_t length = sizeof error;
    struct pollfd p = {.fd = s, .events = POLLOUT};
    if (connect(s, (struct sockaddr *)&a, sizeof a) != 0 && errno != EINPROGRESS)
        error = errno;
    else if (poll(&p, 1, milliseconds) == 0)
        error = ETIMEDOUT;
    else
        getsockopt(s, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error) {
        printf("no: %s\n", strerror(error));
        return;
    }
    char text[4096];
    ssize_t n = 0;
    p.events = POLLIN;
    if (poll(&p, 1, milliseconds) > 0)
        n = read(s, text, sizeof text);
    printf("%.*s\n", n > 0 ? (int)n : 0, text);
}

/* Sends a text and tells whether it came back. */
static void echo(const char *address, int port, const char *text, int milliseconds)
{
    struct sockaddr_in a = at(address, port);
    int s = socket(AF_INET, SOCK_DGRAM, 0);
    struct pollfd p = {.fd = s, .events = POLLIN};
    char back[2048];
    if (connect(s, (struct sockaddr *)&a, sizeof a) != 0 || send(s, text, strlen(text), 0) < 0)
        printf("no: %s\n", strerror(errno));
    else if (poll(&p, 1, milliseconds) == 0)
        printf("no: silence\n");
    else {
        ssize_t n = recv(s, back, sizeof back, 0);
        printf("%.*s\n", n > 0 ? (int)n : 0, n > 0 ? back : "");
    }
}

int main(int argc, char **argv)
{
    if (argc == 6 && !strcmp(argv[1], "tap")) { /* NAME MAC ADDRESS GATEWAY */
        int outside = open_tap(argv[2]);
        if (unshare(CLONE_NEWNET) != 0)
            die("namespace");
        int inside = open_tap("eth0");
        configure(argv[3], argv[4], argv[5]);
        printf("ready\n");
        fflush(stdout);
        pump(outside, inside);
    } else if (argc == 5 && !strcmp(argv[1], "tcp")) {
        serve(SOCK_STREAM, argv[2], atoi(argv[3]), argv[4]);
    } else if (argc == 4 && !strcmp(argv[1], "udp")) {
        serve(SOCK_DGRAM, argv[2], atoi(argv[3]), "");
    } else if (argc == 5 && !strcmp(argv[1], "fetch")) {
        fetch(argv[2], atoi(argv[3]), atoi(argv[4]));
    } else if (argc == 6 && !strcmp(argv[1], "echo")) {
        echo(argv[2], atoi(argv[3]), argv[4], atoi(argv[5]));
    } else {
        return 64;
    }
    return 0;
}
