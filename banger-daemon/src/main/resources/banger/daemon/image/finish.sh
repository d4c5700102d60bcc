#!/bin/sh
# mmdebstrap customize hook: makes the installed tree an image. $1 is the tree.
#   BANGER_IMAGE       the file to write, there already and writable for us
#   BANGER_LABEL       of the file system
#   BANGER_SOURCES     a file with the image's sources.list
#   BANGER_ADDITIONS   lines "FILE PATH": host files to install executable at PATH
set -eu
umask 022
root=$1
etc=$root/etc
say() { echo "banger: $*" >&2; }

# What mmdebstrap put in place for the time of the installation.
rm -f "$root/usr/sbin/policy-rc.d"
[ ! -e "$root/sbin/start-stop-daemon.REAL" ] || mv "$root/sbin/start-stop-daemon.REAL" "$root/sbin/start-stop-daemon"
rm -f "$etc"/apt/apt.conf.d/*mmdebstrap "$etc"/dpkg/dpkg.cfg.d/*mmdebstrap

rm -f "$root/usr/sbin/update-ca-certificates"
chroot "$root" dpkg-divert --quiet --local --rename --remove /usr/sbin/update-ca-certificates
[ ! -x "$root/usr/sbin/update-ca-certificates" ] || chroot "$root" update-ca-certificates --fresh >/dev/null

say packages "$(chroot "$root" dpkg-query -f '.\n' -W | wc -l)"

cat "$BANGER_SOURCES" >"$etc/apt/sources.list"
echo "$BANGER_ADDITIONS" | while read -r file path; do
	[ -n "$file" ] || continue
	install -D -m 0755 "$file" "$root$path"
done

# Nobody's identity: each VM gets its own.
: >"$etc/machine-id"
rm -f "$root/var/lib/dbus/machine-id" "$etc"/ssh/ssh_host_*
rm -f "$etc/hostname" "$etc/resolv.conf"
echo banger >"$etc/hostname"
printf '127.0.0.1\tlocalhost\n::1\t\tlocalhost ip6-localhost ip6-loopback\n' >"$etc/hosts"
: >"$etc/resolv.conf"
: >"$etc/fstab"
mkdir -p "$etc/default"
echo LANG=C.UTF-8 >"$etc/default/locale"

# systemd: a server without a console of its own, nothing that wakes up by itself. banger's agent starts
# sshd for each connection, so no sshd listens; it only needs its directory.
units=$etc/systemd/system
mkdir -p "$units" "$etc/tmpfiles.d"
ln -sf /lib/systemd/system/multi-user.target "$units/default.target"
for unit in ssh.service ssh.socket \
	apt-daily.timer apt-daily-upgrade.timer apt-daily.service apt-daily-upgrade.service \
	dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer motd-news.timer \
	getty@tty1.service serial-getty@ttyS0.service console-getty.service dev-ttyS0.device \
	systemd-networkd.service systemd-networkd.socket systemd-networkd-wait-online.service \
	systemd-resolved.service systemd-timesyncd.service networking.service \
	systemd-pstore.service systemd-firstboot.service; do
	rm -f "$units"/*.wants/"$unit"
	ln -sf /dev/null "$units/$unit"
done
rm -f "$units/sshd.service"
echo 'd /run/sshd 0755 root root -' >"$etc/tmpfiles.d/banger-sshd.conf"

if [ -e "$root/lib/systemd/system/docker.service" ]; then
	chroot "$root" systemctl --quiet disable docker.service containerd.service
	chroot "$root" systemctl --quiet enable docker.socket
fi
if [ -x "$root/usr/local/bin/mise" ]; then
	cat >"$etc/profile.d/mise.sh" <<'TEXT'
if [ -n "${BASH_VERSION-}" ] && [ -n "${PS1-}" ]; then eval "$(mise activate bash)"; fi
TEXT
fi

# Nothing of the installation is left behind.
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin "$root"/var/cache/debconf/*-old \
	"$root"/var/lib/dpkg/*-old "$root"/var/cache/ldconfig/aux-cache "$root"/var/log/apt/* \
	"$root"/var/log/*.log "$root"/var/tmp/* "$root"/usr/share/man/* "$root"/usr/share/info/* \
	"$root"/usr/share/lintian
find "$root/usr/share/doc" ! -type d ! -name copyright -delete
find "$root/usr/share/doc" -depth -type d -empty -delete
find "$root/usr/share/locale" -mindepth 1 -maxdepth 1 -type d -exec rm -rf {} +
mkdir -p "$root/var/lib/apt/lists/partial"
# systemd compares these with /usr to see whether this boot follows an update.
touch "$etc/.updated" "$root/var/.updated"

# The tree without what is mounted inside it.
say writing
tree=$root.tree
mkdir "$tree"
mount -n --bind "$root" "$tree"
mkdir -p "$tree/var/cache/apt/archives/partial"
for directory in dev proc sys run; do mount -n -t tmpfs -o mode=0755 tmpfs "$tree/$directory"; done
mount -n -t tmpfs -o mode=1777 tmpfs "$tree/tmp"
# Blocks as ext4 needs them: content, a block a directory, the inode table, and a little for bitmaps.
inodes=$(($(find "$tree" | wc -l) + 512))
kib=$(du -sk "$tree" | cut -f1)
kib=$((kib + $(find "$tree" -type d | wc -l) * 4 + inodes / 4))
kib=$((kib + kib / 50 + 8192))
write() {
	mke2fs -q -F -t ext4 -b 4096 -I 256 -m 0 -N "$inodes" -L "$BANGER_LABEL" \
		-O '^has_journal,^resize_inode' -E root_owner=0:0,nodiscard -d "$tree" "$BANGER_IMAGE" "${1}k" >&2
}
if ! write "$kib"; then
	: >"$BANGER_IMAGE"
	write $((kib + kib / 4))
fi
