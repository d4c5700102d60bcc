#!/bin/sh
# mmdebstrap hook around the copying of package archives between the host's cache and the tree.
#   packages.sh TREE   remembers which archives came from the cache; the second time: leaves only new ones
set -eu
archives=$1/var/cache/apt/archives
cached=$1/var/cache/apt/cached
if [ ! -d "$cached" ]; then
	mkdir "$cached"
	for file in "$archives"/*.deb; do
		[ -e "$file" ] && : >"$cached/${file##*/}"
	done
	exit 0
fi
for file in "$cached"/*; do
	rm -f "$archives/${file##*/}"
done
rm -rf "$cached" "$archives/partial" "$archives/lock"
