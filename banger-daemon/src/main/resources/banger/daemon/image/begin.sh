#!/bin/sh
# mmdebstrap setup hook, inside its namespaces, before anything is installed. $1 is the empty tree.
#   BANGER_MEMORY_MIB  the tree is put on a tmpfs of that size when the host has memory to spare: half
#                      the time, and the end of the namespace frees all of it at once
#   BANGER_ARCHIVES    host directory with the packages fetched by earlier builds; new ones go there too
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
mkdir -p "$1/var/cache/apt/archives"
mount -n --bind "$BANGER_ARCHIVES" "$1/var/cache/apt/archives"
