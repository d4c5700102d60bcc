#!/bin/sh
# mmdebstrap setup hook, inside its namespace, before anything is installed: $1 is the empty tree.
# With BANGER_MEMORY_MIB the tree is put on a tmpfs of that size, which halves the time of a build:
# dpkg syncs each file, and the namespace's end frees all of it at once.
set -eu
if [ -n "${BANGER_MEMORY_MIB-}" ]; then
	memory=$1.memory
	mkdir "$memory"
	if mount -n -t tmpfs -o "mode=0755,size=${BANGER_MEMORY_MIB}m" tmpfs "$memory"; then
		cp -a "$1/." "$memory/"
		mount -n --move "$memory" "$1"
	fi
	rmdir "$memory"
fi
mkdir -p "$1/var/cache/apt/archives/partial"
