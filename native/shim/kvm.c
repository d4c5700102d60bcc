/* probe-kvm: whether a vCPU really runs here. There are hosts where /dev/kvm opens, machines and vCPUs
   can be made, and KVM_RUN never returns: so a child tries, and the parent has a clock. */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PORT 0x80
#define KILL_WAIT_MS 300
#define CPUID_ENTRIES 256

/* The guest's memory: 64 KiB, mapped one to one. */
#define MEMORY 0x10000
#define CODE_AT 0x1000
#define PML4_AT 0x2000
#define PDPT_AT 0x3000
#define PD_AT 0x4000
#define GDT_AT 0x5000
#define STACK_AT 0x9000

/* 2.0 + 2.0 + 1, in SSE2, printed and halted. In long mode with paging, because there are hosts whose KVM
   emulates real mode and simple instructions one by one and runs no ordinary guest beyond that. */
const unsigned char kvm_program[KVM_PROGRAM] = {
    0xb8, 2, 0, 0, 0,       /* mov $2, %eax */
    0xf2, 0x0f, 0x2a, 0xc0, /* cvtsi2sd %eax, %xmm0 */
    0xf2, 0x0f, 0x58, 0xc0, /* addsd %xmm0, %xmm0 */
    0xf2, 0x0f, 0x2c, 0xc0, /* cvttsd2si %xmm0, %eax */
    0xff, 0xc0,             /* inc %eax */
    0xe6, PORT,             /* out %al, $0x80 */
    0xf4,                   /* hlt */
};

static long long microseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (long long)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void *make_memory(const unsigned char program[KVM_PROGRAM])
{
    unsigned char *memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        fail("vm", "memory: %m");
    memcpy(memory + CODE_AT, program, KVM_PROGRAM);
    const uint64_t pml4 = PDPT_AT | 3, pdpt = PD_AT | 3, pd = 0x83; /* one page of 2 MiB */
    const uint64_t gdt[3] = {0, 0x00af9b000000ffffULL, 0x00cf93000000ffffULL};
    memcpy(memory + PML4_AT, &pml4, sizeof pml4);
    memcpy(memory + PDPT_AT, &pdpt, sizeof pdpt);
    memcpy(memory + PD_AT, &pd, sizeof pd);
    memcpy(memory + GDT_AT, gdt, sizeof gdt);
    return memory;
}

static void set_registers(const char *device, int vcpu)
{
    struct kvm_sregs s;
    if (ioctl(vcpu, KVM_GET_SREGS, &s) != 0)
        fail("vcpu", "%s: registers: %m", device);
    s.cs = (struct kvm_segment){.limit = 0xffffffff, .selector = 8, .type = 11, .present = 1, .s = 1, .l = 1, .g = 1};
    s.ds = (struct kvm_segment){.limit = 0xffffffff, .selector = 16, .type = 3, .present = 1, .s = 1, .db = 1, .g = 1};
    s.es = s.fs = s.gs = s.ss = s.ds;
    s.gdt.base = GDT_AT;
    s.gdt.limit = 3 * 8 - 1;
    s.cr3 = PML4_AT;
    s.cr4 = 0x620;      /* PAE, OSFXSR, OSXMMEXCPT */
    s.cr0 = 0x80050033; /* PE MP ET NE WP AM PG */
    s.efer = 0x500;     /* LME LMA */
    struct kvm_regs regs = {.rip = CODE_AT, .rsp = STACK_AT, .rflags = 2};
    if (ioctl(vcpu, KVM_SET_SREGS, &s) != 0 || ioctl(vcpu, KVM_SET_REGS, &regs) != 0)
        fail("vcpu", "%s: registers: %m", device);
}

static int make_vcpu(const char *device, int kvm, const unsigned char program[KVM_PROGRAM], struct kvm_run **run)
{
    int vm = ioctl(kvm, KVM_CREATE_VM, 0);
    if (vm < 0)
        fail("vm", "%s: a machine cannot be made: %m", device);
    struct kvm_userspace_memory_region region = {
        .memory_size = MEMORY, .userspace_addr = (uintptr_t)make_memory(program)};
    if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) != 0)
        fail("vm", "%s: a machine takes no memory: %m", device);
    int vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
    if (vcpu < 0)
        fail("vcpu", "%s: a vCPU cannot be made: %m", device);
    struct kvm_cpuid2 *cpuid = calloc(1, sizeof *cpuid + CPUID_ENTRIES * sizeof *cpuid->entries);
    if (!cpuid)
        fail("vcpu", "memory: %m");
    cpuid->nent = CPUID_ENTRIES;
    if (ioctl(kvm, KVM_GET_SUPPORTED_CPUID, cpuid) != 0 || ioctl(vcpu, KVM_SET_CPUID2, cpuid) != 0)
        fail("vcpu", "%s: CPUID: %m", device);
    free(cpuid);
    int size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
    if (size < (int)sizeof **run)
        fail("vcpu", "%s: a vCPU has no run area: %m", device);
    *run = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
    if (*run == MAP_FAILED)
        fail("vcpu", "%s: a vCPU's run area: %m", device);
    set_registers(device, vcpu);
    return vcpu;
}

__attribute__((noreturn)) static void attempt(const char *device, const unsigned char program[KVM_PROGRAM], int report)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int high = fcntl(report, F_DUPFD_CLOEXEC, 16);
    answer_to(high);
    /* A child that nothing can kill must not hold the caller's pipe. */
    null_on(0, O_RDONLY);
    null_on(1, O_WRONLY);
    null_on(2, O_WRONLY);

    int kvm = open(device, O_RDWR | O_CLOEXEC);
    if (kvm < 0 && (errno == EACCES || errno == EPERM))
        fail("permission", "%s: %m", device);
    if (kvm < 0)
        fail("device", "%s: %m", device);
    int version = ioctl(kvm, KVM_GET_API_VERSION, 0);
    if (version < 0)
        fail("device", "%s: not KVM: %m", device);
    if (version != 12)
        fail("version", "%s: API version %d, 12 is needed", device, version);
    struct kvm_run *run;
    int vcpu = make_vcpu(device, kvm, program, &run);
    /* Until here nothing was slow; from here on silence means a vCPU that does not run. */
    write_all(high, "r", 1);
    bool printed = false;
    for (int exits = 0; exits < 1000; exits++) {
        if (ioctl(vcpu, KVM_RUN, 0) != 0) {
            if (errno == EINTR || errno == EAGAIN)
                continue;
            fail("vcpu", "%s: the vCPU does not run: %m", device);
        }
        if (run->exit_reason == KVM_EXIT_IO && run->io.port == PORT && run->io.direction == KVM_EXIT_IO_OUT) {
            printed = ((unsigned char *)run)[run->io.data_offset] == 5;
        } else if (run->exit_reason == KVM_EXIT_HLT) {
            if (!printed)
                fail("vcpu", "%s: the vCPU halted without having run the program", device);
            answer_ok("run");
            _exit(0);
        } else if (run->exit_reason == KVM_EXIT_INTERNAL_ERROR) {
            fail("vcpu", "%s: ordinary guest code does not run here (KVM internal error %u)", device, run->internal.suberror);
        } else if (run->exit_reason != KVM_EXIT_INTR) {
            fail("vcpu", "%s: the vCPU stopped with reason %u", device, run->exit_reason);
        }
    }
    fail("vcpu", "%s: the vCPU never halted", device);
}

int kvm_probe(const char *device, const unsigned char program[KVM_PROGRAM], int deadline)
{
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0)
        fail("descriptors", "pipe: %m");
    long long begin = microseconds();
    pid_t pid = fork();
    if (pid < 0)
        fail("fork", "%m");
    if (pid == 0) {
        close(report[0]);
        attempt(device, program, report[1]);
    }
    close(report[1]);

    char text[2048];
    size_t have = 0;
    for (;;) {
        long long left = deadline - (microseconds() - begin) / 1000;
        struct pollfd wait = {.fd = report[0], .events = POLLIN};
        if (left <= 0 || poll(&wait, 1, (int)left) == 0)
            break;
        ssize_t n = read(report[0], text + have, sizeof text - 1 - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0 || (have += (size_t)n) == sizeof text - 1 || memchr(text, '\n', have))
            break;
    }
    long long took = microseconds() - begin;
    text[have] = 0;
    char *line = have && *text == 'r' && text[1] ? text + 1 : text;
    line[strcspn(line, "\n")] = 0;
    if (!strncmp(line, "failed ", 7)) {
        waitpid(pid, NULL, 0);
        fail_line(line);
    }
    if (!strcmp(line, "ok run")) {
        waitpid(pid, NULL, 0);
        answer_ok("%lld", (took + 999) / 1000);
        return 0;
    }
    bool ran = !strcmp(line, "r");
    kill(pid, SIGKILL);
    bool gone = false;
    for (long long until = microseconds() + KILL_WAIT_MS * 1000LL; !gone && microseconds() < until;) {
        gone = waitpid(pid, NULL, WNOHANG) == pid;
        if (!gone)
            poll(NULL, 0, 5);
    }
    if (gone && took < deadline * 1000LL)
        fail("vcpu", "%s: the probe ended without an answer", device);
    fail("stuck", "%s: %s did not come back within %d ms%s", device, ran ? "the vCPU" : "making a machine", deadline,
        gone ? "" : ", nor when it was killed");
}

int role_probe_kvm(int argc, char **argv)
{
    const char *device = "/dev/kvm";
    int deadline = 2000;
    for (int i = 0; i < argc; i++) {
        if (!strcmp(argv[i], "--deadline"))
            deadline = (int)option_number(argc, argv, &i, 1, 600000);
        else if (!strcmp(argv[i], "--device"))
            device = option_value(argc, argv, &i);
        else
            fail("arguments", "probe-kvm: unknown argument %s", argv[i]);
    }
    return kvm_probe(device, kvm_program, deadline);
}
