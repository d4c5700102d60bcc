#!/bin/sh
# Tests of the launcher: sh test.sh DIRECTORY-WITH-THE-TEST-BUILD. Making mounts and giving files to other
# uids is root's; without root only the units run. The last line is "N passed, N failed".
set -u
build=$1
work=$(mktemp -d /tmp/launch-test.XXXXXX)
chmod 755 "$work"
export ASAN_OPTIONS=detect_leaks=0:abort_on_error=1
owner=64321 group=64400 stranger=64399 first=300000
id=0123456789ab other=ba9876543210
d8=01234567 digest=$d8$d8$d8$d8$d8$d8$d8$d8 initrd=$d8$d8
passed=0 failed=0 waiting=

pass() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAILED: $*"; }
is() { if [ "$2" = "$3" ]; then pass; else bad "$1: expected '$2', was '$3'"; fi; }
like() {
    case $3 in
        $2) pass ;;
        *) bad "$1: expected '$2', was '$3'" ;;
    esac
}
gone() {
    limit=500
    while grep -qs '^State:.[^Z]' "/proc/$1/status"; do
        limit=$((limit - 1)); [ $limit -gt 0 ] || return 1; sleep 0.02
    done
}
cleanup() {
    for p in $waiting; do kill -9 "$p" 2>/dev/null; done
    rm -rf "$work"
}
trap cleanup EXIT

out=$("$build/unit")
echo "$out" | sed '$d'
set -- $(echo "$out" | tail -n 1)
case "${1:-x}${2:-x}" in
    *[!0-9]*) bad "the unit tests did not come to their end" ;;
    *) passed=$((passed + $1)); failed=$((failed + $2)) ;;
esac
if [ "$(id -u)" != 0 ] || ! unshare -m true 2>/dev/null; then
    echo "skipped: starts: only root may make mounts and give files away"
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ]
    exit
fi

cp "$build/jailer" "$work/jailer"
printf 'x' > "$work/firecracker"; chmod 755 "$work/firecracker" "$work/jailer"
echo secret > "$work/secret"; chmod 600 "$work/secret"

# A fresh tree of everything, as a daemon and `system install` would have made it.
fresh() {
    for p in $waiting; do kill -9 "$p" 2>/dev/null; done; waiting=
    rm -rf "$work/state" "$work/jails" "$work/records"
    mkdir -p "$work/state/images/$digest" "$work/state/kernels/$digest" "$work/state/vms/$id" "$work/state/vms/$other"
    mkdir -m 711 "$work/jails"; mkdir -m 700 "$work/records"
    echo image > "$work/state/images/$digest/rootfs.ext4"
    for f in vmlinux modules.ext4 "initrd-$initrd.img"; do echo "${f%%[.-]*}" > "$work/state/kernels/$digest/$f"; done
    for v in $id $other; do for f in vdb vdc; do echo "$f of $v" > "$work/state/vms/$v/$f"; done; done
    chmod -R go-w "$work/state"; find "$work/state/images" "$work/state/kernels" -type f -exec chmod 444 {} +
    chown -R $owner:$group "$work/state"
}
launch_as() { # UID LINE
    timeout 60 "$build/ask" "$1" "$2" "$build/banger-launch" --state "$work/state" --jails "$work/jails" --records "$work/records" \
        --jailer "$work/jailer" --firecracker "$work/firecracker" --owner $owner --group $group --uids $first:3 2>"$work/errors" >"$work/both"
    # The answer comes on the connection, what the jailer says on its own output: here both are one file.
    line=$(grep -aE '^(ok|failed) ' "$work/both" | head -n 1)
    # What was started says more than its answer, and ends by itself.
    case $line in ok\ *:*) gone "$(echo "$line" | sed 's/^ok \([0-9]*\):.*/\1/')" || bad "what was started does not end" ;; esac
    [ ! -s "$work/errors" ] || bad "said on stderr: $(cat "$work/errors")"
}
launch() { launch_as $owner "$1"; }
start() { launch "start ${1:-$id} $digest $digest $initrd\\n"; }
refused() { # WHAT PATTERN
    start
    like "$1" "failed $2" "$line"
    [ ! -e "$work/jails/firecracker/$id/vm/vda" ] && pass || bad "$1: a jail was made"
    ! grep -q secret "$work/both" && pass || bad "$1: the secret was seen"
    is "$1: the secret is root's" '0 600' "$(stat -c '%u %a' "$work/secret")"
}

# ---- what a start gives ----
fresh
start
like "start" 'ok [0-9]*:[0-9]* 300000' "$line"
is "argv" "argv=--id $id --exec-file $work/firecracker --uid 300000 --gid $group --chroot-base-dir $work/jails --resource-limit no-file=4096 --resource-limit fsize=N -- --api-sock /vm/api.sock --level Error " \
    "$(grep ^argv= "$work/both" | sed 's/fsize=[0-9]*/fsize=N/')"
is "descriptors" 'fds=0 1 2 ' "$(grep ^fds= "$work/both")"
is "files" "initrd=initrd,ro kernel=vmlinux,ro vda=image,ro vdb=vdb of $id,rw vdc=vdc of $id,rw vdd=modules,ro " "$(grep ^initrd= "$work/both")"
is "the VM makes its sockets" made=yes "$(grep ^made= "$work/both")"
is "and they are the group's too" "300000 $group 770" "$(stat -c '%u %g %a' "$work/jails/firecracker/$id/vm/api.sock")"
is "no mount outside" '' "$(grep "$work" /proc/self/mountinfo)"
is "disks" "300000 $group 660" "$(stat -c '%u %g %a' "$work/state/vms/$id/vdb" "$work/state/vms/$id/vdc" | sort -u)"
is "images stay as they were" "$owner $group 444" "$(stat -c '%u %g %a' "$work/state/images/$digest/rootfs.ext4")"
is "what the owner shares with it" "300000 $group 770" "$(stat -c '%u %g %a' "$work/jails/firecracker/$id/vm")"
is "the owner reaches its sockets" yes "$(setpriv --reuid=$owner --regid=$group --clear-groups sh -c ': > "$1" && echo yes' sh "$work/jails/firecracker/$id/vm/api.sock")"
is "a stranger does not" '' "$(setpriv --reuid=$stranger --regid=$stranger --clear-groups ls "$work/jails/firecracker/$id/vm" 2>/dev/null)"
is "above the jail" '0 711' "$(stat -c '%u %a' "$work/jails/firecracker" "$work/jails/firecracker/$id" | sort -u)"

# ---- the next start: what the VM left is gone, and not followed ----
start
like "again" 'ok * 300000' "$line"
is "what links named is still there" 1 "$(ls -d /etc/shadow "$work/jails" 2>/dev/null | grep -c "^$work/jails$")"
start $other
like "another VM has another uid" 'ok * 300001' "$line"
like "a third" 'failed file: vms/cccccccccccc*' "$(start cccccccccccc; echo "$line")"
is "uids are kept" '0 1 2' "$(cat "$work"/records/*.uid | sort | tr '\n' ' ' | sed 's/ $//')"
start dddddddddddd
like "no uid is left" 'failed uid: all 3*' "$line"
launch "forget cccccccccccc\\n"
is "forget" "ok cccccccccccc" "$line"
start dddddddddddd
like "a uid that came free" 'failed file: vms/dddddddddddd*' "$line"

# ---- a VM that runs ----
fresh
chmod 644 "$work/state/kernels/$digest/vmlinux"; echo wait > "$work/state/kernels/$digest/vmlinux"; chmod 444 "$work/state/kernels/$digest/vmlinux"
"$build/ask" $owner "start $id $digest $digest $initrd\\n" "$build/banger-launch" --state "$work/state" --jails "$work/jails" --records "$work/records" \
    --jailer "$work/jailer" --firecracker "$work/firecracker" --owner $owner --group $group --uids $first:3 > "$work/first" 2>&1
limit=250; until grep -q '^end' "$work/first" || [ $limit = 0 ]; do limit=$((limit - 1)); sleep 0.02; done
reference=$(sed -n 's/^ok \([0-9:]*\) .*/\1/p' "$work/first"); waiting=${reference%:*}
is "it is the process that answered" jailer "$(cat "/proc/$waiting/comm")"
start
like "a second start" "failed running: vm $id: runs already" "$line"
launch "forget $id\\n"
like "forgetting what runs" 'failed running: *' "$line"
[ -e "$work/jails/firecracker/$id/vm/api.sock" ] && pass || bad "the running VM's jail was touched"
launch "kill $id\\n"
is "kill" "ok $id" "$line"
! grep -qs '^State:.[^Z]' "/proc/$waiting/status" && pass || bad "it is still there"
launch "kill $id\\n"
is "killing what is gone" "ok $id" "$line"
launch "forget $id\\n"
is "forgetting it" "ok $id" "$line"
is "nothing of it is left" '' "$(ls "$work/records" "$work/jails/firecracker" | grep $id)"
# A number that is another's by now is nobody's business.
echo "$$:1" > "$work/records/$id.run"
launch "kill $id\\n"
is "a reused number" "ok $id" "$line"
echo "1:" > "$work/records/$id.run"
launch "kill $id\\n"
like "a damaged record" 'failed records: *' "$line"

# ---- requests ----
fresh
said() { launch "$2"; like "$1" "failed request: $3" "$line"; }
said "nothing" '' 'it ends*'
said "no newline" "kill $id" 'it ends*'
said "more than a line" "kill $id\\nkill $id\\n" 'not a request'
said "a traversal" "kill ../../../../\\n" 'not a request'
said "a NUL" "kill 012345\\056789ab\\n" 'not a request'
said "too long" "start $id $(printf '%0300d' 0)\\n" 'longer than 256*'
said "silence" - 'no line within*'
launch_as $stranger "kill $id\\n"
is "a stranger" "failed peer: uid $stranger is not the owner" "$line"
launch_as 0 "kill $id\\n"
is "root is a stranger too" "failed peer: uid 0 is not the owner" "$line"

# ---- links in every component ----
for part in state/vms state/vms/$id state/vms/$id/vdb state/vms/$id/vdc state/images state/images/$digest state/images/$digest/rootfs.ext4 \
    state/kernels state/kernels/$digest state/kernels/$digest/vmlinux state/kernels/$digest/modules.ext4 "state/kernels/$digest/initrd-$initrd.img" state jails records; do
    fresh
    mv "$work/$part" "$work/aside"
    ln -s "$work/aside" "$work/$part"; chown -h $owner:$group "$work/$part"
    case $part in state | jails | records) pattern='directory: *' ;; *) pattern='file: *' ;; esac
    refused "a link at $part" "$pattern"
    rm -rf "$work/$part"; rm -rf "$work/aside"
done
fresh
ln -sf "$work/secret" "$work/state/vms/$id/vdb"
refused "a link to a secret" 'file: vdb: *'
fresh; mkdir "$work/jails/firecracker" && ln -s "$work/state" "$work/jails/firecracker/$id"
refused "a link in the jails" 'jail: *'
[ -d "$work/state/vms" ] && pass || bad "the link in the jails was followed"

# ---- files that are not what they should be ----
fresh; rm "$work/state/vms/$id/vdb"; ln "$work/secret" "$work/state/vms/$id/vdb"
refused "another's file under a second name" 'file: vdb: belongs to uid 0'
rm "$work/state/vms/$id/vdb"
fresh; rm "$work/state/vms/$id/vdb"; ln "$work/state/vms/$other/vdb" "$work/state/vms/$id/vdb"
refused "another VM's disk" 'file: vdb: has 2 names'
fresh; start $other; rm "$work/state/vms/$id/vdb"; mv "$work/state/vms/$other/vdb" "$work/state/vms/$id/vdb"
refused "a disk of another VM's uid" 'file: vdb: belongs to uid 300000'
for mode in 4660 2660 1660 662; do
    fresh; chmod $mode "$work/state/vms/$id/vdb"
    refused "a disk of mode $mode" 'file: vdb: mode *'
done
for mode in 4444 2444 464 446 644; do
    fresh; chmod $mode "$work/state/images/$digest/rootfs.ext4"
    refused "an image of mode $mode" 'file: *rootfs.ext4: mode *'
done
fresh; chown $stranger "$work/state/images/$digest/rootfs.ext4"
refused "a stranger's image" "file: *: belongs to uid $stranger"
fresh; chown $stranger "$work/state/vms/$id"
refused "a stranger's directory" "file: vms/$id: not the owner's"
fresh; rm "$work/state/vms/$id/vdb"; mkfifo "$work/state/vms/$id/vdb"; chown $owner "$work/state/vms/$id/vdb"
refused "a pipe" 'file: vdb: not a regular file'
fresh; rm "$work/state/vms/$id/vdb"; mknod "$work/state/vms/$id/vdb" b 7 0; chown $owner "$work/state/vms/$id/vdb"
refused "a device" 'file: vdb: *'
fresh; rm "$work/state/vms/$id/vdb"; mkdir "$work/state/vms/$id/vdb"; chown $owner "$work/state/vms/$id/vdb"
refused "a directory" 'file: vdb: not a regular file'
for part in jails records; do
    fresh; chmod 777 "$work/$part"
    refused "$part that others can write" "directory: --$part: not root's alone"
    fresh; chown $owner "$work/$part"
    refused "$part of the owner" "directory: --$part: not root's alone"
done
fresh; mkdir -p "$work/deep"; (cd "$work/deep" && i=0 && while [ $i -lt 60 ]; do mkdir d; cd d; i=$((i + 1)); done)
start; rm -rf "$work/jails/firecracker/$id/vm/deep"; mv "$work/deep" "$work/jails/firecracker/$id/vm/deep"
start
like "a jail that is too deep" 'failed jail: *deeper*' "$line"

# ---- names that change places while they are used ----
swapped() { # WHAT GOOD BAD
    "$build/swap" "$2" "$3" & swapper=$!; waiting=$swapper
    seen=0
    for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
        start
        case $line in ok*) seen=$((seen + 1)) ;; failed\ file*) ;; *) bad "$1: $line" ;; esac
        ! grep -q secret "$work/both" || bad "$1: the secret was seen"
    done
    kill -9 $swapper; wait $swapper 2>/dev/null; waiting=
    is "$1: the secret is root's" '0 600 secret' "$(stat -c '%u %a' "$work/secret") $(cat "$work/secret")"
}
fresh; ln -s "$work/secret" "$work/state/vms/$id/evil"
swapped "a disk and a link" "$work/state/vms/$id/vdb" "$work/state/vms/$id/evil"
fresh; ln "$work/secret" "$work/state/vms/$id/evil"
swapped "a disk and a second name" "$work/state/vms/$id/vdb" "$work/state/vms/$id/evil"
fresh; mkdir "$work/elsewhere"; cp "$work/secret" "$work/elsewhere/rootfs.ext4"; ln -s "$work/elsewhere" "$work/state/images/evil"
swapped "an image's directory and a link" "$work/state/images/$digest" "$work/state/images/evil"
rm -rf "$work/elsewhere"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
