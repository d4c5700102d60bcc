/* Capabilities by system call: no library for it is linked. */
#include "shim.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Those a caller may ask to keep; the rest is nobody's business here. */
static const struct {
    const char *name;
    int number;
} known[] = {
    {"net_admin", CAP_NET_ADMIN},
    {"net_raw", CAP_NET_RAW},
    {"net_bind_service", CAP_NET_BIND_SERVICE},
    {"sys_ptrace", CAP_SYS_PTRACE},
};

bool caps_parse(const char *text, capset *out)
{
    *out = CAPS_NONE;
    for (const char *p = text;;) {
        size_t length = strcspn(p, ",");
        bool found = false;
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            if (strlen(known[i].name) == length && !strncmp(known[i].name, p, length)) {
                *out |= CAP_BIT(known[i].number);
                found = true;
            }
        if (!found)
            return false;
        if (!p[length])
            return true;
        p += length + 1;
    }
}

static void get(struct __user_cap_data_struct data[2])
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    if (syscall(SYS_capget, &header, data) != 0)
        fail("capabilities", "capget: %m");
}

static void set(struct __user_cap_data_struct data[2])
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    if (syscall(SYS_capset, &header, data) != 0)
        fail("capabilities", "capset: %m");
}

void caps_bound(capset keep)
{
    for (int c = 0; prctl(PR_CAPBSET_READ, c, 0, 0, 0) >= 0; c++) {
        if (keep & CAP_BIT(c))
            continue;
        if (prctl(PR_CAPBSET_DROP, c, 0, 0, 0) != 0) {
            struct __user_cap_data_struct data[2];
            get(data);
            if (errno == EPERM && data[0].permitted == 0 && data[1].permitted == 0)
                break;
            fail("capabilities", "bounding set, capability %d: %m", c);
        }
    }
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    struct __user_cap_data_struct data[2];
    get(data);
    data[0].inheritable = data[1].inheritable = 0;
    set(data);
}

void caps_limit(capset keep)
{
    struct __user_cap_data_struct data[2];
    get(data);
    for (int i = 0; i < 2; i++) {
        data[i].permitted &= (uint32_t)(keep >> (32 * i));
        data[i].effective = data[i].permitted;
        data[i].inheritable = 0;
    }
    set(data);
}

static void effective(bool all)
{
    struct __user_cap_data_struct data[2];
    get(data);
    for (int i = 0; i < 2; i++)
        data[i].effective = all ? data[i].permitted : 0;
    set(data);
}

void caps_rest(void)
{
    effective(false);
}

void caps_awake(void)
{
    effective(true);
}

void no_new_privileges(void)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        fail("capabilities", "no_new_privs: %m");
}
