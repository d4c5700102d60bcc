# Says what is left of the ordinary user's banger; nothing is right.
as() { runuser -u ann -- env HOME=/home/ann PATH="$PATH" "$@"; }
state=/home/ann/.local/state/banger
[ ! -S $state/run/bangerd.sock ] || as banger vm list -q | sed 's/^/vm /'
as banger daemon stop >&2
ours() { ps -eo pid,user,args | grep -E 'qemu-system|firecracker|jailer|banger-shim|banger-net|bangerd|banger\.|pasta|bwrap' | grep -v grep; }
n=0
while [ $n -lt 300 ] && ours >/dev/null; do
	sleep 0.1
	n=$((n + 1))
done
ours | sed 's/^/process /'
for directory in vms run/vms ssh/vms; do
	[ ! -d $state/$directory ] || find $state/$directory -mindepth 1 | sed 's/^/file /'
done
find $state/run -mindepth 1 -maxdepth 1 ! -name bangerd.lock ! -name kvm-probe ! -name vms ! -name net | sed 's/^/file /'
grep $state /proc/self/mountinfo | sed 's/^/mount /'
grep $state /proc/net/unix | sed 's/^/socket /'
ip -o link | grep -vE '^[0-9]+: (lo|eth0)[:@]' | sed 's/^/link /'
exit 0
