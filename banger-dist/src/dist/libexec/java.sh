# Sourced by the launchers, with $dist set: which Java, which flags, which build.
. "$dist/build.properties"
java=$dist/runtime/bin/java
[ -x "$java" ] || java=$java_home/bin/java
if [ ! -x "$java" ]; then
	echo "error: the JDK this banger was built with is gone: $java" >&2
	echo "  build again (./banger in the checkout), or install the self-contained archive" >&2
	exit 1
fi
# Both compilers: the digests of images, repositories and saved memory are 5 to 8 times as fast with the second one.
common="-XX:+UseSerialGC -XX:-UsePerfData --enable-native-access=ALL-UNNAMED"
net_flags="-Xmx16m -XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=8m"

# The flag for the named AOT cache when there is one; the directory is named after its content, so a
# cache never meets other jars than its own.
aot() {
	[ ! -r "$dist/aot/$1.aot" ] || printf '%s' "-XX:AOTCache=$dist/aot/$1.aot -Xlog:aot=off -Xlog:cds=off"
}
