#include "boot.h"

#include "core.h"
#include "disks.h"
#include "handover.h"
#include "log.h"
#include "modules.h"
#include "power.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define BOOT_ID "/proc/sys/kernel/random/boot_id"
/* How long the channel's driver may take to show its ports. */
#define CHANNEL_MS 10000

static bool mounted(const char *root, const char *at, const char *type, unsigned long flags,
		    const char *data, mode_t mode, char error[CONFIG_ERROR])
{
	char path[128];
	snprintf(path, sizeof path, "%s%s", root, at);
	mkdir(path, 0755);
	if (mount(type, path, type, flags, data) == 0) {
		if (mode)
			chmod(path, mode);
		return true;
	}
	snprintf(error, CONFIG_ERROR, "mounting %s on %s: %s", type, at, strerror(errno));
	return false;
}

static bool kernel_mounts(const char *root, char error[CONFIG_ERROR])
{
	return mounted(root, "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL, 0, error) &&
	       mounted(root, "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL, 0, error) &&
	       mounted(root, "/dev", "devtmpfs", MS_NOSUID, "mode=0755", 0, error);
}

bool boot_mount_kernel(bool saved, char error[CONFIG_ERROR])
{
	if (!kernel_mounts(NEW_ROOT, error) ||
	    !mounted(NEW_ROOT, "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
		     "gid=5,mode=0620,ptmxmode=0666", 0, error) ||
	    !mounted(NEW_ROOT, "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777", 0, error) ||
	    !mounted(NEW_ROOT, "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=20%", 0, error))
		return false;
	mkdir(NEW_ROOT "/run/lock", 01777);
	chmod(NEW_ROOT "/run/lock", 01777);
	mkdir(NEW_ROOT "/run/banger", 0700);
	if (!saved)
		return true;
	/* The kernel draws the boot id at its first read. Nobody may read it before the machine that
	   continues from this one was reseeded. */
	int fd = open(NEW_ROOT BOOT_ID_PLACEHOLDER, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	static const char id[] = "00000000-0000-4000-8000-000000000000\n";
	bool ok = fd >= 0 && write_all(fd, id, sizeof id - 1);
	close(fd);
	if (ok && mount(NEW_ROOT BOOT_ID_PLACEHOLDER, NEW_ROOT BOOT_ID, NULL, MS_BIND, NULL) == 0)
		return true;
	snprintf(error, CONFIG_ERROR, "boot id: %s", strerror(errno));
	return false;
}

void boot_show_boot_id(void)
{
	struct stat st;
	if (stat(BOOT_ID_PLACEHOLDER, &st) < 0)
		return;
	umount2(BOOT_ID, MNT_DETACH);
	unlink(BOOT_ID_PLACEHOLDER);
}

/* The slow part that needs no configuration, beside the conversation with the host. */
static int base_job(void *arg)
{
	char error[CONFIG_ERROR];
	(void)arg;
	umask(022);
	modules_load("v2");
	modules_load("v4");
	modules_load("v1");
	modules_load("root");
	if (disks_mount_base(error))
		return 0;
	job_say("error %s", error);
	return -1;
}

static void base_done(struct job *job, const char *error)
{
	struct core *c = job->core;
	if (error) {
		core_fail(c, "%s", error);
		calls_answer(c->configurer, error);
		c->configurer = NULL;
		return;
	}
	c->base_ready = true;
	boot_find_disks(c);
	configure_start(c);
}

void boot_find_disks(struct core *c)
{
	static const char *const paths[2] = { DISK_B, DISK_C };
	for (int i = 0; i < 2; i++)
		if (c->disks[i] < 0 && disks_is_mounted(paths[i]))
			c->disks[i] = open(paths[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* In the agent the mount is only reached through the descriptor from here on. */
	if (c->role == ROLE_AGENT && c->disks[1] >= 0)
		disks_hide_work();
}

static void standard_files(void)
{
	/* The kernel opens /dev/console for process 1 when it finds one. */
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0) {
			int got = open("/dev/console", O_RDWR | O_NOCTTY);
			if (got < 0)
				got = open("/dev/null", O_RDWR);
		}
}

void boot_main(void)
{
	static struct core core;
	char error[CONFIG_ERROR];
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	umask(022);
	core_init(&core, ROLE_INIT);
	bool ok = kernel_mounts("", error);
	standard_files();
	if (!ok)
		core_fail(&core, "%s", error);
	modules_load_transports();
	modules_load("v3");
	modules_load("v19");
	core.channel_at = now_ms();
	core.channel_until = now_ms() + CHANNEL_MS;
	if (ok && !job_start(&core, base_job, NULL, NULL, 0, base_done))
		core_fail(&core, "no process could be started to mount the disks");
	for (;;) {
		core_run(&core);
		core.leave = false;
		handover(&core);
	}
}
