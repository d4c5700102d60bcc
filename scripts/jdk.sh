# Sourced by mvnw and ./banger: finds a JDK 25 or newer and exports JAVA_HOME.

banger_jdk_major() { # DIR: prints the major version that DIR/release names, nothing without one
	[ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 1
	sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"
}

banger_find_jdk() {
	banger_jdk_found=
	set +f
	for banger_jdk_dir in "${JAVA_HOME-}" "${JDK25_HOME-}" /usr/lib/jvm/*25* /usr/lib/jvm/* \
		"${HOME-/nonexistent}"/.sdkman/candidates/java/* "${HOME-/nonexistent}"/.jdks/*; do
		[ -n "$banger_jdk_dir" ] || continue
		banger_jdk_version=$(banger_jdk_major "$banger_jdk_dir") || continue
		[ "${banger_jdk_version:-0}" -ge 25 ] || continue
		banger_jdk_found=$banger_jdk_dir
		break
	done
	[ -n "$banger_jdk_found" ] || return 1
	JAVA_HOME=$banger_jdk_found
	export JAVA_HOME
}

banger_jdk_missing() {
	cat <<'TEXT'
error: no JDK 25 on this machine
  looked in $JAVA_HOME, $JDK25_HOME, /usr/lib/jvm, ~/.sdkman/candidates/java and ~/.jdks
  Debian 13, Ubuntu 24.04 and newer: sudo apt-get install openjdk-25-jdk-headless
  elsewhere: the archive of https://adoptium.net unpacked below ~/.jdks is enough
TEXT
}
