/* banger-launch: started by systemd for each connection to its socket, with the connection as standard
   input. One request, one line of answer; after "start" it is the VM's own process. */
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LINE_WITHIN_MS 5000
#define ENDS_WITHIN_MS 10000

static void range(char *text, struct place *place)
{
    char *colon = strchr(text, ':');
    unsigned long long first, count;
    if (colon)
        *colon = 0;
    /* Below are the system's and people's own. */
    if (!colon || !parse_number(text, 65536, UINT32_MAX - 1, &first) || !parse_number(colon + 1, 1, 65536, &count)
        || first + count > UINT32_MAX - 1)
        fail("arguments", "--uids: FIRST:COUNT is needed, from 65536 on and at most 65536 of them");
    place->first_uid = (uid_t)first;
    place->uids = (unsigned)count;
}

static const char *program(int argc, char **argv, int *i)
{
    const char *option = argv[*i];
    const char *path = option_value(argc, argv, i);
    if (!valid_path(path) || !path[1])
        fail("arguments", "%s %s: an absolute path is needed", option, path);
    return path;
}

static struct place arguments(int argc, char **argv)
{
    struct place place = {.state = -1, .jails = -1, .records = -1};
    bool owner = false;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--state"))
            place.state = directory_open("--state", option_value(argc, argv, &i));
        else if (!strcmp(argv[i], "--jails"))
            place.jails = directory_open("--jails", place.jails_path = option_value(argc, argv, &i));
        else if (!strcmp(argv[i], "--records"))
            place.records = directory_open("--records", option_value(argc, argv, &i));
        else if (!strcmp(argv[i], "--jailer"))
            place.jailer = program(argc, argv, &i);
        else if (!strcmp(argv[i], "--firecracker"))
            place.firecracker = program(argc, argv, &i);
        else if (!strcmp(argv[i], "--netns"))
            place.netns = program(argc, argv, &i);
        else if (!strcmp(argv[i], "--owner")) {
            place.owner = (uid_t)option_number(argc, argv, &i, 1, UINT32_MAX - 1);
            owner = true;
        } else if (!strcmp(argv[i], "--group"))
            place.group = (gid_t)option_number(argc, argv, &i, 1, UINT32_MAX - 1);
        else if (!strcmp(argv[i], "--uids"))
            range(option_value(argc, argv, &i), &place);
        else
            fail("arguments", "unknown argument %s", argv[i]);
    }
    if (place.state < 0 || place.jails < 0 || place.records < 0 || !place.jailer || !place.firecracker || !owner
        || !place.group || !place.uids)
        fail("arguments", "--state, --jails, --records, --jailer, --firecracker, --owner, --group and --uids are needed");
    if (place.owner >= place.first_uid && place.owner - place.first_uid < place.uids)
        fail("arguments", "--owner %u is in the range of --uids", place.owner);
    require_ours(place.jails, "--jails");
    require_ours(place.records, "--records");
    return place;
}

/* The socket lets nobody else in; a second lock does not depend on who set it up. */
static void check_peer(uid_t owner)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(0, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        fail("peer", "%m");
    if (peer.uid != owner)
        fail("peer", "uid %u is not the owner", peer.uid);
}

static void end(const struct place *place, const char *id)
{
    int running = records_running(place, id);
    if (running < 0)
        return;
    struct pollfd wait = {.fd = running, .events = POLLIN};
    if (syscall(SYS_pidfd_send_signal, running, SIGKILL, NULL, 0) != 0 && errno != ESRCH)
        fail("kill", "%m");
    if (poll(&wait, 1, ENDS_WITHIN_MS) != 1)
        fail("kill", "it does not end");
    close(running);
}

static void start(const struct place *place, const struct request *request)
{
    if (records_running(place, request->id) >= 0)
        fail("running", "vm %s: runs already", request->id);
    if (access(place->jailer, X_OK) != 0)
        fail("jailer", "%s: %m", place->jailer);
    if (access(place->firecracker, X_OK) != 0)
        fail("firecracker", "%s: %m", place->firecracker);
    uid_t uid = records_uid(place, request->id);
    long long largest = jail_make(place, request, uid);
    records_begin(place, request->id);
    struct reference self;
    char text[REFERENCE_MAX];
    reference_of(0, &self);
    reference_print(self, text);
    answer_ok("%s %u", text, uid);
    jail_enter(place, request->id, uid, largest);
}

int main(int argc, char **argv)
{
    answer_to(0);
    signal(SIGPIPE, SIG_IGN);
    umask(077);
    jail_own_mounts();
    struct place place = arguments(argc, argv);
    check_peer(place.owner);
    struct request request = request_read(0, LINE_WITHIN_MS);
    records_lock(&place);
    switch (request.verb) {
    case START:
        start(&place, &request);
        break;
    case KILL:
        end(&place, request.id);
        break;
    case FORGET:
        if (records_running(&place, request.id) >= 0)
            fail("running", "vm %s: still runs", request.id);
        jail_remove(&place, request.id);
        records_forget(&place, request.id);
        break;
    }
    answer_ok("%s", request.id);
    return 0;
}
