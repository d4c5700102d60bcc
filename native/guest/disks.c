#include "disks.h"

#include "boot.h"
#include "inroot.h"
#include "log.h"
#include "seed.h"
#include "util.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef EXT4_IOC_RESIZE_FS
#define EXT4_IOC_RESIZE_FS _IOW('f', 16, uint64_t)
#endif

#define LAYERS "lowerdir=" DISK_A ",upperdir=" DISK_B "/upper,workdir=" DISK_B "/work"

/* A driver registers its disks at once; this is for one that does not. */
#define DEVICE_MS 5000
#define GROWS_WITHIN_MS 5000

static bool fail(char error[CONFIG_ERROR], const char *what)
{
	snprintf(error, CONFIG_ERROR, "%s: %s", what, strerror(errno));
	return false;
}

/* A superblock that is neither of the two. */
static bool unknown(char error[CONFIG_ERROR], const char *device, const char *wanted)
{
	snprintf(error, CONFIG_ERROR, "%s: no %s file system on it", device, wanted);
	return false;
}

static int open_device(const char *path, int flags)
{
	int64_t until = now_ms() + DEVICE_MS;
	for (;;) {
		int fd = open(path, flags | O_CLOEXEC);
		if (fd >= 0 || (errno != ENOENT && errno != ENXIO) || now_ms() >= until)
			return fd;
		sleep_ms(5);
	}
}

struct super {
	const char *type;
	uint64_t blocks;   /* ext4 */
	uint32_t block_size;
};

/* The superblocks of both file systems begin at 1024. */
static bool read_super(int fd, struct super *s)
{
	uint8_t b[1024];
	uint32_t lo, hi, log, features, erofs;
	uint16_t ext4;
	memset(s, 0, sizeof *s);
	if (pread(fd, b, sizeof b, 1024) != sizeof b) {
		errno = EIO;
		return false;
	}
	memcpy(&erofs, b, 4);
	memcpy(&ext4, b + 0x38, 2);
	memcpy(&lo, b + 4, 4);
	memcpy(&log, b + 0x18, 4);
	memcpy(&features, b + 0x60, 4);
	memcpy(&hi, b + 0x150, 4);
	if (le16toh(ext4) == 0xEF53 && le32toh(log) <= 6) {
		s->type = "ext4";
		s->block_size = 1024u << le32toh(log);
		s->blocks = le32toh(lo);
		/* INCOMPAT_64BIT: the upper half counts. */
		if (le32toh(features) & 0x80)
			s->blocks |= (uint64_t)le32toh(hi) << 32;
		return true;
	}
	if (le32toh(erofs) == 0xE0F5E1E2) {
		s->type = "erofs";
		return true;
	}
	errno = EINVAL;
	return false;
}

/*
 * The size of an open device once it is what the host says (wanted, bytes; 0: not said). A machine that goes on
 * with a bigger disk is told so by an interrupt, whose work the kernel may do after ours.
 */
static bool size_of(int fd, const char *device, uint64_t wanted, uint64_t *bytes, char error[CONFIG_ERROR])
{
	int64_t until = now_ms() + GROWS_WITHIN_MS;
	for (;;) {
		if (ioctl(fd, BLKGETSIZE64, bytes) < 0)
			return fail(error, device);
		/* A device has whole sectors. */
		if (*bytes >= wanted / 512 * 512)
			return true;
		if (now_ms() >= until)
			break;
		sleep_ms(1);
	}
	snprintf(error, CONFIG_ERROR, "%s has %llu bytes where the host says %llu", device, (unsigned long long)*bytes,
		 (unsigned long long)wanted);
	return false;
}

/* fd: a directory of the file system. */
static bool grow(int fd, const char *device, const struct super *s, uint64_t device_bytes,
		 char error[CONFIG_ERROR])
{
	uint64_t blocks = device_bytes / s->block_size;
	if (blocks <= s->blocks || ioctl(fd, EXT4_IOC_RESIZE_FS, &blocks) == 0)
		return true;
	snprintf(error, CONFIG_ERROR, "growing %s from %llu to %llu blocks: %s", device,
		 (unsigned long long)s->blocks, (unsigned long long)blocks, strerror(errno));
	return false;
}

/* Mounts a disk that we write to. */
static bool mount_own(const char *device, const char *at, uint64_t wanted, char error[CONFIG_ERROR])
{
	struct super s;
	uint64_t bytes = 0;
	int fd = open_device(device, O_RDONLY);
	if (fd < 0)
		return fail(error, device);
	if (!size_of(fd, device, wanted, &bytes, error)) {
		close(fd);
		return false;
	}
	/* After a restore the page cache may hold what the device had when the machine was saved. */
	bool ok = ioctl(fd, BLKFLSBUF, 0) == 0 && read_super(fd, &s);
	int err = errno;
	close(fd);
	errno = err;
	if ((!ok && errno == EINVAL) || (ok && strcmp(s.type, "ext4")))
		return unknown(error, device, "ext4");
	if (!ok || mount(device, at, s.type, 0, NULL) < 0)
		return fail(error, device);
	fd = open(at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ok = grow(fd, device, &s, bytes, error);
	close(fd);
	return ok;
}

bool disks_seed_work(int root, char error[CONFIG_ERROR])
{
	struct stat st;
	/* The image shall see nothing of it. */
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("work", "/run", "tmpfs", 0, "mode=0700") < 0)
		return fail(error, "mounts");
	if (!mount_own("/dev/vdc", "/run", 0, error))
		return false;
	bool ok = stat("/run/.seeded", &st) == 0 || seed_work_disk(root, "/run", error);
	if (umount("/run") < 0 && ok)
		ok = fail(error, "/dev/vdc");
	int fd = open_device("/dev/vdc", O_RDONLY);
	if (ok && (fd < 0 || ioctl(fd, BLKFLSBUF, 0) < 0))
		ok = fail(error, "/dev/vdc");
	if (fd >= 0)
		close(fd);
	return ok;
}

bool disks_grow(const char *device, int at, uint64_t wanted, char error[CONFIG_ERROR])
{
	struct super s;
	uint64_t bytes = 0;
	int fd = open_device(device, O_RDONLY);
	if (fd < 0)
		return fail(error, device);
	/* Mounted, so what is read here is what the file system itself last wrote there. */
	bool ok = size_of(fd, device, wanted, &bytes, error) && (read_super(fd, &s) || fail(error, device));
	close(fd);
	return ok && grow(at, device, &s, bytes, error);
}

static bool mount_image(char error[CONFIG_ERROR])
{
	struct super s;
	int fd = open_device("/dev/vda", O_RDONLY);
	if (fd < 0)
		return fail(error, "/dev/vda");
	bool ok = read_super(fd, &s);
	int err = errno;
	close(fd);
	errno = err;
	if (!ok && errno == EINVAL)
		return unknown(error, "/dev/vda", "ext4 or EROFS");
	if (!ok || mount("/dev/vda", DISK_A, s.type, MS_RDONLY, NULL) < 0)
		return fail(error, "/dev/vda");
	return true;
}

/* Binds a directory of one of our disks over a path of the image, which is made where missing. */
static bool bind_into(int root, const char *from, const char *path, mode_t mode, unsigned long flags,
		      char error[CONFIG_ERROR])
{
	char at[64];
	int fd = inroot_dir(root, path, mode);
	if (fd < 0)
		return fail(error, path);
	snprintf(at, sizeof at, "/proc/self/fd/%d", fd);
	bool ok = mount(from, at, NULL, MS_BIND, NULL) == 0;
	if (ok && flags) {
		/* The flags take a second call, on the mount that now covers the path. */
		close(fd);
		fd = inroot_open(root, path, O_PATH | O_DIRECTORY);
		snprintf(at, sizeof at, "/proc/self/fd/%d", fd);
		ok = mount(NULL, at, NULL, MS_BIND | MS_REMOUNT | flags, NULL) == 0;
	}
	if (!ok)
		fail(error, path);
	close(fd);
	return ok;
}

bool disks_mount_base(char error[CONFIG_ERROR])
{
	static const char *const dirs[] = { "/disk", DISK_A, DISK_B, DISK_C, "/disk/d", NEW_ROOT };
	struct stat st;
	for (unsigned i = 0; i < countof(dirs); i++)
		mkdir(dirs[i], 0755);
	if (!mount_image(error) || !mount_own("/dev/vdb", DISK_B, 0, error))
		return false;
	if (stat(DISK_A, &st) < 0)
		return fail(error, "/dev/vda");
	mkdir(DISK_B "/work", 0700);
	mkdir(DISK_B "/docker", 0710);
	mkdir(DISK_B "/containerd", 0711);
	if (mkdir(DISK_B "/upper", 0755) == 0) {
		/* The root directory is the upper one's: it starts as the image has it. */
		if (chown(DISK_B "/upper", st.st_uid, st.st_gid) < 0 ||
		    chmod(DISK_B "/upper", st.st_mode & 07777) < 0)
			return fail(error, "/dev/vdb");
	}
	/* With redirects a directory of the image can be renamed like any other; a kernel built without
	   them does without. */
	if (mount("overlay", NEW_ROOT, "overlay", 0, LAYERS ",redirect_dir=on") < 0 &&
	    mount("overlay", NEW_ROOT, "overlay", 0, LAYERS) < 0)
		return fail(error, "overlay");
	int root = open(NEW_ROOT, O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool ok = bind_into(root, DISK_B "/docker", "var/lib/docker", 0710, 0, error) &&
		  bind_into(root, DISK_B "/containerd", "var/lib/containerd", 0711, 0, error);
	close(root);
	return ok;
}

bool disks_is_mounted(const char *path)
{
	struct stat a, b;
	char up[128];
	snprintf(up, sizeof up, "%s/..", path);
	return stat(path, &a) == 0 && stat(up, &b) == 0 && a.st_dev != b.st_dev;
}

bool disks_mount_modules(char error[CONFIG_ERROR])
{
	struct super s;
	int fd = open("/dev/vdd", O_RDONLY | O_CLOEXEC);
	/* A kernel with everything built in comes without this drive. */
	if (fd < 0)
		return true;
	bool ok = read_super(fd, &s);
	close(fd);
	if (!ok || mount("/dev/vdd", "/disk/d", s.type, MS_RDONLY, NULL) < 0)
		return fail(error, "/dev/vdd");
	int root = open(NEW_ROOT, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ok = bind_into(root, "/disk/d", "lib/modules", 0755, MS_RDONLY, error);
	close(root);
	umount2("/disk/d", MNT_DETACH);
	return ok;
}

bool disks_mount_work(bool in_init, uint64_t bytes, char error[CONFIG_ERROR])
{
	struct stat st;
	int root = open(in_init ? NEW_ROOT : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	/* Not to be seen by the image while it is there (disks_hide_work). */
	mkdir("/disk", 0700);
	mkdir(DISK_C, 0700);
	bool ok = mount_own("/dev/vdc", DISK_C, bytes, error);
	if (ok && stat(DISK_C "/.seeded", &st) < 0)
		ok = seed_work_disk(root, DISK_C, error);
	ok = ok && bind_into(root, DISK_C "/root", "root", 0700, 0, error);
	close(root);
	return ok;
}

void disks_hide_work(void)
{
	umount2(DISK_C, MNT_DETACH);
	rmdir(DISK_C);
	rmdir("/disk");
}
