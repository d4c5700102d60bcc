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

banger_jdk_package=openjdk-25-jdk-headless

# Finds a JDK, or has the host's packages installed and looks again.
banger_need_jdk() { # DIRECTORY-OF-SCRIPTS [--yes]
	banger_find_jdk && return 0
	"$1/host-packages" ${2+"$2"} || return 1
	banger_find_jdk && return 0
	cat >&2 <<'TEXT'
error: no JDK 25 on this machine, and its package archives have none
  looked in $JAVA_HOME, $JDK25_HOME, /usr/lib/jvm, ~/.sdkman/candidates/java and ~/.jdks
  any of these:
    the .tar.gz of a JDK 25 (https://adoptium.net), unpacked below ~/.jdks
    on Debian and Ubuntu, its vendor's packages:
      sudo install -d /etc/apt/keyrings
      wget -qO- https://packages.adoptium.net/artifactory/api/gpg/key/public | sudo tee /etc/apt/keyrings/adoptium.asc
      echo "deb [signed-by=/etc/apt/keyrings/adoptium.asc] https://packages.adoptium.net/artifactory/deb $(. /etc/os-release; echo $VERSION_CODENAME) main" | sudo tee /etc/apt/sources.list.d/adoptium.list
      sudo apt-get update && sudo apt-get install temurin-25-jdk
    banger's self-contained archive (make dist on another machine), which needs no JDK
TEXT
	return 1
}
