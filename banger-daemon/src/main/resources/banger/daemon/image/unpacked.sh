#!/bin/sh
# mmdebstrap essential hook: what is needed to run dpkg is there, most packages are still to come.
# Manuals and translations stay out, now and when packages are added in a VM later.
set -eu
mkdir -p "$1/etc/dpkg/dpkg.cfg.d"
cat >"$1/etc/dpkg/dpkg.cfg.d/banger" <<'TEXT'
path-exclude=/usr/share/doc/*
path-include=/usr/share/doc/*/copyright
path-exclude=/usr/share/man/*
path-exclude=/usr/share/info/*
path-exclude=/usr/share/locale/*
path-include=/usr/share/locale/locale.alias
path-exclude=/usr/share/lintian/*
TEXT
