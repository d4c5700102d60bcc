#include "apply.h"

#include "boot.h"
#include "child.h"
#include "core.h"
#include "disks.h"
#include "entropy.h"
#include "inroot.h"
#include "log.h"
#include "net.h"
#include "power.h"
#include "spawn.h"
#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static bool put(int root, const struct cpio_member *m, const char *path)
{
	struct inroot_owner o = { m->mode & 07777, m->uid, m->gid };
	if (S_ISDIR(m->mode))
		return inroot_put_dir(root, path, &o);
	if (S_ISREG(m->mode))
		return inroot_put(root, path, m->data, m->size, &o);
	char target[4096];
	memcpy(target, m->data, m->size);
	target[m->size] = 0;
	return inroot_put_link(root, path, target, &o);
}

bool apply_archive(int root, const void *data, size_t len, char error[CONFIG_ERROR])
{
	struct cpio c;
	struct cpio_member m;
	cpio_open(&c, data, len);
	for (int i = 0; cpio_next(&c, &m) == 1; i++) {
		enum config_kind kind;
		const char *path;
		struct inroot_owner o = { m.mode & 07777, m.uid, m.gid };
		bool ok = true;
		if (i == 0)
			continue;
		if (!config_member(&m, &kind, &path))
			errno = EINVAL, ok = false;
		else if (kind == CONFIG_MERGE)
			ok = inroot_merge(root, path, (const char *)m.data, m.size, &o);
		else if (kind == CONFIG_PUT || !inroot_exists(root, path))
			ok = put(root, &m, path);
		if (!ok) {
			snprintf(error, CONFIG_ERROR, "%.200s: %s", m.name, strerror(errno));
			return false;
		}
	}
	return true;
}

static bool hosts(int root, const char *hostname)
{
	/* Only our own line is ours: the rest of the file is the image's or the user's. */
	static const char mark[] = " # banger";
	size_t n = 0;
	struct buf b = { 0 };
	int fd = inroot_open(root, "etc/hosts", O_RDONLY | O_NONBLOCK);
	char *old = NULL, self[64];
	if (fd >= 0) {
		snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
		old = read_file_at(AT_FDCWD, self, 1024 * 1024, &n);
		close(fd);
	}
	bool local = false;
	for (char *line = old, *end; line && *line; line = end) {
		end = strchrnul(line, '\n');
		size_t len = (size_t)(end - line);
		if (*end)
			end++;
		if (len >= sizeof mark - 1 && !memcmp(line + len - (sizeof mark - 1), mark, sizeof mark - 1))
			continue;
		local = local || !strncmp(line, "127.0.0.1", 9);
		buf_add(&b, line, len);
		buf_add(&b, "\n", 1);
	}
	if (!local)
		buf_addf(&b, "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n");
	if (*hostname)
		buf_addf(&b, "127.0.1.1 %s%s\n", hostname, mark);
	bool ok = inroot_put_text(root, "etc/hosts", b.p);
	free(old);
	buf_free(&b);
	return ok;
}

static bool fstab(int root)
{
	/* The image's entries name disks that are not there, and each costs 90 s of waiting. What the
	   user writes below our line later stays. */
	static const char text[] = "# banger: the image's own entries are not used\n";
	char start[sizeof text] = "";
	int fd = inroot_open(root, "etc/fstab", O_RDONLY | O_NONBLOCK);
	if (fd >= 0) {
		if (read(fd, start, sizeof text - 1) < 0)
			start[0] = 0;
		close(fd);
	}
	return !strcmp(start, text) || inroot_put_text(root, "etc/fstab", text);
}

static bool network_managers(int root)
{
	return inroot_put_text(root, "run/systemd/network/00-banger.network",
			       "[Match]\nName=eth0\n\n[Link]\nUnmanaged=yes\n") &&
	       inroot_put_text(root, "run/NetworkManager/conf.d/00-banger.conf",
			       "[keyfile]\nunmanaged-devices=interface-name:eth0\n");
}

/* systemd runs what is here as the very last thing, with the way it ends as the argument. */
static bool shutdown_hook(int root)
{
	static const char text[] = "#!/bin/sh\n"
				   "[ -p " POWER_FIFO " ] && echo \"$1\" 1<> " POWER_FIFO " && sleep 0.2\n";
	struct inroot_owner o = { 0755, 0, 0 };
	return !inroot_exists(root, "usr/lib/systemd/system-shutdown") ||
	       inroot_put(root, "usr/lib/systemd/system-shutdown/banger", text, sizeof text - 1, &o);
}

/* logind's sandbox has a /proc of its own, without the placeholder, and reads the boot id there: two
   machines of one template had the same (seen). It starts at its first use after that is gone. */
static bool hold_logind(int root)
{
	return inroot_put_text(root, "run/systemd/system/systemd-logind.service.d/10-banger.conf",
			       "[Unit]\nConditionPathExists=!" BOOT_ID_PLACEHOLDER "\n");
}

bool apply_identity(int root, const struct config *conf, char error[CONFIG_ERROR])
{
	struct buf text = { 0 };
	const char *what = "/etc/hostname";
	bool ok = true;
	if (*conf->hostname) {
		buf_addf(&text, "%s\n", conf->hostname);
		ok = inroot_put_text(root, "etc/hostname", text.p);
	}
	if (ok) {
		what = "/etc/hosts";
		ok = hosts(root, conf->hostname);
	}
	if (ok && *conf->machine_id) {
		what = "/etc/machine-id";
		struct inroot_owner o = { 0444, 0, 0 };
		text.len = 0;
		buf_addf(&text, "%s\n", conf->machine_id);
		ok = inroot_put(root, "etc/machine-id", text.p, text.len, &o);
	}
	if (ok && conf->resolvers) {
		what = "/etc/resolv.conf";
		text.len = 0;
		for (unsigned i = 0; i < conf->resolvers; i++)
			buf_addf(&text, "nameserver %s\n", conf->resolver[i]);
		ok = inroot_put_text(root, "etc/resolv.conf", text.p);
	}
	if (ok) {
		what = "/etc/fstab";
		ok = fstab(root);
	}
	if (ok) {
		what = "/run";
		ok = network_managers(root) && (!conf->saved || hold_logind(root));
	}
	if (ok) {
		what = "shutdown hook";
		ok = shutdown_hook(root);
	}
	if (!ok)
		snprintf(error, CONFIG_ERROR, "%s: %s", what, strerror(errno));
	buf_free(&text);
	return ok;
}

/* What the image's init knew of the machine that it was in. */
static bool forget_origin(int root, char error[CONFIG_ERROR])
{
	static const char path[] = "var/lib/systemd/random-seed";
	uint8_t fresh[512];
	struct inroot_owner o = { 0600, 0, 0 };
	if (!inroot_exists(root, path))
		return true;
	bool ok = getrandom(fresh, sizeof fresh, 0) == sizeof fresh && inroot_put(root, path, fresh, sizeof fresh, &o);
	if (!ok)
		snprintf(error, CONFIG_ERROR, "/%s: %s", path, strerror(errno));
	explicit_bzero(fresh, sizeof fresh);
	return ok;
}

/* What the first command of the VM needs goes first. */
#define TELL_AFTER_MS 2000

/* journald keeps both ids from its start, and logind was held back (hold_logind). Nobody waits for it. */
static void tell_systemd(void)
{
	static char *const argv[] = { "/bin/systemctl", "--no-block", "--quiet", "restart", "systemd-journald.service",
				      "systemd-logind.service", NULL };
	static char *const env[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL };
	struct user u = { .name = "root", .group_count = 1 };
	if (access("/run/systemd/system", F_OK) < 0 || spawn_clean(NULL, 0) != 0)
		return;
	sleep_ms(TELL_AFTER_MS);
	child_become(&u, "/", true);
	execve(argv[0], argv, env);
	_exit(127);
}

static bool machine(const struct config *conf, int64_t age_ms, char error[CONFIG_ERROR])
{
	uint64_t time = conf->time + (uint64_t)age_ms * 1000000;
	if (conf->time && !entropy_set_clock(time, error))
		return false;
	if (conf->has_seed && !entropy_add(conf->seed, error))
		return false;
	if (*conf->hostname && sethostname(conf->hostname, strlen(conf->hostname)) < 0) {
		snprintf(error, CONFIG_ERROR, "hostname: %s", strerror(errno));
		return false;
	}
	return net_apply(conf, error);
}

int apply_job(void *arg)
{
	const struct apply_plan *plan = arg;
	char error[CONFIG_ERROR] = "";
	struct config conf;
	struct stat st;
	int fd = JOB_FD + 1, overlay = JOB_FD + 2, work = JOB_FD + 3;
	umask(022);
	void *data = fstat(fd, &st) == 0 ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0)
					 : MAP_FAILED;
	if (data == MAP_FAILED || !config_check(data, (size_t)st.st_size, &conf, error)) {
		job_say("error %s", *error ? error : "archive unreadable");
		return -1;
	}
	bool ok = plan->test ||
		  ((!plan->in_init || (boot_mount_kernel(conf.saved, error) && disks_mount_modules(error))) &&
		   (conf.template || plan->has_work_disk || disks_mount_work(plan->in_init, conf.work, error)));
	int root = open(plan->in_init ? NEW_ROOT : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* The clock first: files written next get the right time. Identity before the archive, which may
	   have its own mind about any file. */
	bool another = plan->rekey && !plan->test && !conf.template;
	ok = ok && (plan->test || machine(&conf, now_ms() - plan->received_at, error)) &&
	     (!another || (disks_grow("/dev/vdb", overlay, conf.overlay, error) &&
			   (!plan->has_work_disk || disks_grow("/dev/vdc", work, conf.work, error)) &&
			   forget_origin(root, error))) &&
	     (plan->test || apply_identity(root, &conf, error)) &&
	     (plan->test || apply_archive(root, data, (size_t)st.st_size, error));
	if (ok && another) {
		boot_show_boot_id();
		tell_systemd();
	}
	explicit_bzero(&conf, sizeof conf);
	if (!ok)
		job_say("error %s", error);
	return ok ? 0 : -1;
}
