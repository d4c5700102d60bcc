#include "handover.h"

#include "boot.h"
#include "core.h"
#include "disks.h"
#include "log.h"
#include "modprobe.h"
#include "modules.h"
#include "power.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char *const inits[] = {
	"/sbin/init", "/lib/systemd/systemd", "/usr/lib/systemd/systemd", "/etc/init", "/bin/init",
};

static const char *find_init(void)
{
	for (size_t i = 0; i < countof(inits); i++) {
		struct stat st;
		if (stat(inits[i], &st) == 0 && S_ISREG(st.st_mode) && access(inits[i], X_OK) == 0)
			return inits[i];
	}
	return NULL;
}

static bool move_root(void)
{
	/* The old ones are not reached any more; the new root has its own. */
	umount2("/dev", MNT_DETACH);
	umount2("/sys", MNT_DETACH);
	umount2("/proc", MNT_DETACH);
	modules_forget();
	return chdir(NEW_ROOT) == 0 && mount(".", "/", NULL, MS_MOVE, NULL) == 0 && chroot(".") == 0 &&
	       chdir("/") == 0;
}

/* systemd's last kill spares what has an '@' here; it is the mark of a process that outlives it. */
static void rename_agent(void)
{
	/* Written at run time: the kernel shows only private pages of an argument area. */
	static char name[16];
	strcpy(name, "@banger-guest");
	prctl(PR_SET_NAME, "banger-guest");
	prctl(PR_SET_MM, PR_SET_MM_ARG_START, (unsigned long)name, 0, 0);
	prctl(PR_SET_MM, PR_SET_MM_ARG_END, (unsigned long)(name + strlen(name) + 1), 0, 0);
}

/* sysvinit's scripts spare, and do not wait for, the processes named here. */
static void spare_us(void)
{
	char pid[16];
	mkdir("/run/sendsigs.omit.d", 0755);
	int fd = open("/run/sendsigs.omit.d/banger", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return;
	int n = snprintf(pid, sizeof pid, "%d\n", (int)getpid());
	write_all(fd, pid, (size_t)n);
	close(fd);
}

/* report: closed by the init's exec, or the number of the error that kept it from running. */
static void agent(struct core *c, int report)
{
	int err = 0;
	rename_agent();
	setsid();
	/* An init's "everybody, please end" is not for us. */
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	write_file("/proc/self/oom_score_adj", "-1000");
	/* The host waits for it, and it does little: before what the image runs, which reacts to all that it changes. */
	setpriority(PRIO_PROCESS, 0, -20);
	spare_us();
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; fd < 3 && null >= 0; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
	log_to_kernel();
	c->role = ROLE_AGENT;
	power_watch(c);
	if (read(report, &err, sizeof err) == sizeof err)
		configure_undone(c, c->init, strerror(err));
	else
		configure_done(c);
	close(report);
	core_run(c);
	_exit(1);
}

/* Process 1 of an image without an init. SIGCHLD is ignored: the kernel reaps for us. */
static void stay(void)
{
	mkdir("/sys/fs/cgroup", 0755);
	mount("cgroup2", "/sys/fs/cgroup", "cgroup2", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	for (;;)
		pause();
}

void handover(struct core *c)
{
	if (!move_root()) {
		core_fail(c, "moving the root: %s", strerror(errno));
		return;
	}
	modprobe_install();
	const char *init = find_init();
	strcpy(c->init, init ? init : "agent");
	int report[2] = { -1, -1 };
	pid_t pid = pipe2(report, O_CLOEXEC) < 0 ? -1 : fork();
	if (pid < 0) {
		core_fail(c, "starting the agent: %s", strerror(errno));
		return;
	}
	if (pid == 0) {
		close(report[1]);
		agent(c, report[0]);
	}
	/* The agent's copies carry on; ours would keep streams open that it closes. */
	for (int fd = 3; fd < 1024; fd++)
		if (fd != report[1] || !init)
			close(fd);
	if (!init)
		stay();
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	char *argv[] = { (char *)init, NULL };
	execve(init, argv, environ);
	int err = errno;
	log_line("%s: %s", init, strerror(err));
	write_all(report[1], &err, sizeof err);
	/* The agent tells the host, which gets its time to read it. */
	sleep_ms(2000);
	power_cut(c->transport == VIA_VSOCK);
}
