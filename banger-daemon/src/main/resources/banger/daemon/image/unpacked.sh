#!/bin/sh
# mmdebstrap essential hook: what is needed to run dpkg is there, most packages are still to come.
set -eu
root=$1

# Manuals and translations stay out, now and when packages are added in a VM later.
mkdir -p "$root/etc/dpkg/dpkg.cfg.d"
cat >"$root/etc/dpkg/dpkg.cfg.d/banger" <<'TEXT'
path-exclude=/usr/share/doc/*
path-include=/usr/share/doc/*/copyright
path-exclude=/usr/share/man/*
path-exclude=/usr/share/info/*
path-exclude=/usr/share/locale/*
path-include=/usr/share/locale/locale.alias
path-exclude=/usr/share/lintian/*
TEXT

# Work that would be done in vain: host keys are thrown away at the end (what is there already is not
# made), and the certificates are put together once instead of three times.
mkdir -p "$root/etc/ssh"
for kind in rsa ecdsa ed25519; do : >"$root/etc/ssh/ssh_host_${kind}_key"; done
chroot "$root" dpkg-divert --quiet --local --no-rename --add \
	--divert /usr/sbin/update-ca-certificates.real /usr/sbin/update-ca-certificates
printf '#!/bin/sh\n' >"$root/usr/sbin/update-ca-certificates"
chmod 0755 "$root/usr/sbin/update-ca-certificates"
