#!/bin/sh
# Tests of the roles: sh test.sh DIRECTORY-WITH-THE-TEST-BUILD. As root everything is tried, also as an
# ordinary user (a number without a passwd entry is enough); as an ordinary user its own part.
# The last line is "N passed, N failed".
set -u
build=$1
work=$(mktemp -d /tmp/shim-test.XXXXXX)
cp "$build/banger-shim" "$build/look" "$work/"
chmod 755 "$work"
shim=$work/banger-shim
look=$work/look
export ASAN_OPTIONS=detect_leaks=0:abort_on_error=1
user=64321
mapped=64322
passed=0 failed=0 started=

pass() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAILED: $*"; }
skip() { echo "skipped: $1: $2"; }
# is WHAT EXPECTED ACTUAL
is() { if [ "$2" = "$3" ]; then pass; else bad "$1: expected '$2', was '$3'"; fi; }
# like WHAT PATTERN ACTUAL
like() {
    case $3 in
        $2) pass ;;
        *) bad "$1: expected '$2', was '$3'" ;;
    esac
}
# until SECONDS COMMAND...: waits for a condition
until_true() {
    limit=$(($1 * 50)); shift
    while [ $limit -gt 0 ]; do
        "$@" >/dev/null 2>&1 && return 0
        limit=$((limit - 1)); sleep 0.02
    done
    return 1
}
gone() { [ ! -e "/proc/${1%:*}" ] || grep -q '^State:.Z' "/proc/${1%:*}/status"; }
ended() { [ -f "$1/exit.json" ]; }
fact() { sed -n "s/^$1=//p" "$2"; }
remember() { started="$started $*"; }
cleanup() {
    for r in $started; do
        gone "$r" || [ "$(sed 's/.*) //' "/proc/${r%:*}/stat" 2>/dev/null | cut -d' ' -f20)" != "${r#*:}" ] || kill -9 "${r%:*}"
    done
    rm -rf "$work"
}
trap cleanup EXIT

# as WHO COMMAND...
as() {
    who=$1; shift
    if [ "$who" = "$(id -u)" ]; then "$@"; else setpriv --reuid="$who" --regid="$who" --clear-groups "$@"; fi
}
# new directory for WHO
directory() {
    d=$(mktemp -d "$work/run.XXXXXX")
    chown "$1" "$d" 2>/dev/null
    echo "$d"
}

# ---- units ----
mkdir "$work/unit"
out=$(ASAN_OPTIONS= "$build/unit" "$work/unit")
echo "$out" | sed '$d'
set -- $(echo "$out" | tail -n 1)
case "${1:-x}${2:-x}" in
    *[!0-9]*) bad "the unit tests did not come to their end" ;;
    *) passed=$((passed + $1)); failed=$((failed + $2)) ;;
esac

# ---- arguments: refused before anything is done ----
refused() {
    want=$1; shift
    line=$("$shim" "$@" 2>&1); status=$?
    is "status of: $*" 1 "$status"
    like "$*" "failed $want" "$line"
}
d=$(directory "$(id -u)")
refused 'arguments: no role*'
refused 'arguments: fly*' fly
refused 'arguments: --idle needs*' hold --idle
refused 'arguments: --idle x*' hold --idle x
refused 'arguments: --idle 0*' hold --idle 0
refused 'arguments: hold: unknown*' hold now
refused 'arguments: enter: an absolute*' enter --holder 1:1 --
refused 'arguments: enter: an absolute*' enter --holder 1:1 -- id
refused 'arguments: --holder 1*' enter --holder 1 -- /bin/true
refused 'arguments: --caps sys_admin*' enter --holder 1:1 --caps sys_admin -- /bin/true
refused 'arguments: enter: --holder*' enter -- /bin/true
refused 'holder: 1:1*' enter --holder 1:1 -- /bin/true
refused 'arguments: run: --dir*' run -- /bin/true
refused 'arguments: run: --dir*' run --dir relative -- /bin/true
refused 'arguments: run: an absolute*' run --dir "$d"
refused 'arguments: run: an absolute*' run --dir "$d" -- true
refused 'arguments: --tap eth0*' run --dir "$d" --tap eth0 -- /bin/true
refused 'arguments: --tap needs*' run --dir "$d" --tap bgr0123456789ab -- /bin/true
refused 'arguments: --bind */bin/true: SOURCE=NAME*' run --dir "$d" --bind /bin/true -- /bin/true
refused 'arguments: --bind */../x*' run --dir "$d" --bind "/etc/passwd=/../x" -- /bin/true
refused 'arguments: --bind */etc/passwd=..*' run --dir "$d" --bind "/etc/passwd=.." -- /bin/true
refused 'arguments: --bind etc/passwd=a*' run --dir "$d" --bind "etc/passwd=a" -- /bin/true
refused 'arguments: --limit*' run --dir "$d" --limit cpu=1 -- /bin/true
refused 'arguments: --confine*' run --dir "$d" --confine bwrap -- /bin/true
refused 'arguments: --show /../x*' run --dir "$d" --confine /usr/bin/bwrap --show /../x -- /bin/true
refused 'arguments: --show /usr as usr*' run --dir "$d" --confine /usr/bin/bwrap --show-as /usr usr -- /bin/true
refused 'arguments: --show-as*' run --dir "$d" --confine /usr/bin/bwrap --show-as /usr
refused 'arguments: --show needs*' run --dir "$d" --show /usr -- /bin/true
refused 'confine: /not/there*' run --dir "$d" --confine /not/there -- /bin/true
refused 'arguments: try-confine: --confine*' try-confine
refused 'arguments: become*' become 1 2 /bin/true
refused 'arguments: --limit*' run --dir "$d" --limit as= -- /bin/true
refused 'arguments: --group needs*' run --dir "$d" --group 5 -- /bin/true
refused 'until: 1:1*' run --dir "$d" --until 1:1 -- /bin/true
refused 'directory: */nowhere*' run --dir "$d/nowhere" -- /bin/true
refused 'exec: /not/there*' run --dir "$d" -- /not/there
refused 'holder: 1:1*' run --dir "$d" --holder 1:1 -- /bin/true
refused 'arguments: --memory needs*' run --dir "$d" --memory
refused 'arguments: --memory 1*' run --dir "$d" --memory 1 3 -- /bin/true
refused 'arguments: 1:1 x*' run --dir "$d" --memory 1:1 x -- /bin/true
refused 'arguments: 1:1 -1*' run --dir "$d" --memory 1:1 -1 -- /bin/true
is "nothing ended that never ran" no "$(ended "$d" && echo yes || echo no)"
refused 'arguments: spawn: --log*' spawn -- /bin/true
refused 'arguments: spawn: an absolute*' spawn --log "$d/log" -- true
refused 'exec: /not/there*' spawn --log "$d/log" -- /not/there
refused 'device: /not/there*' probe-kvm --device /not/there
refused 'arguments: --deadline*' probe-kvm --deadline 0
line=$("$shim" probe-kvm)
like "the probe" "$(case $line in ok*) echo 'ok [0-9]*' ;; *) echo 'failed [a-z]*: *' ;; esac)" "$line"

# ---- run without a namespace ----
plain() {
    who=$1; d=$(directory "$who")
    echo precious > "$work/source"
    ( # everything that a child could inherit by mistake
        exec 5< /etc/passwd 9> /dev/null
        trap '' HUP USR1 PIPE
        as "$who" "$shim" run --dir "$d" --bind "$work/source=image" --limit as=4294967296 -- "$look"
    ) > "$work/line"
    line=$(cat "$work/line")
    like "run as $who" 'ok [0-9]*:[0-9]* [0-9]*:[0-9]*' "$line"
    set -- $line; remember "$2" "$3"
    until_true 5 ended "$d" || bad "no exit.json as $who"
    f=$d/console.log
    is "session leader ($who)" "$(fact pid "$f")" "$(fact sid "$f")"
    is "process group ($who)" "$(fact pid "$f")" "$(fact pgid "$f")"
    is "reference names the child ($who)" "${3%:*}" "$(fact pid "$f")"
    is "descriptors ($who)" '0 1 2 ' "$(fact fds "$f")"
    for set in CapInh CapPrm CapEff CapAmb; do is "$set ($who)" 0000000000000000 "$(fact $set "$f")"; done
    [ "$(id -u)" != "$who" ] || [ "$who" != 0 ] || is "CapBnd ($who)" 0000000000000000 "$(fact CapBnd "$f")"
    is "no_new_privs ($who)" 1 "$(fact NoNewPrivs "$f")"
    is "blocked signals ($who)" 0000000000000000 "$(fact SigBlk "$f")"
    is "ignored signals ($who)" 0000000000000000 "$(fact SigIgn "$f")"
    is "environment ($who)" 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/ LC_ALL=C.UTF-8 ' "$(fact env "$f")"
    is "working directory ($who)" "$d" "$(fact cwd "$f")"
    is "umask ($who)" 077 "$(fact umask "$f")"
    is "limit ($who)" 4294967296 "$(fact as "$f")"
    # Real root can mount without a namespace of ours; nobody else can.
    if [ "$who" = 0 ]; then is "bind is a mount ($who)" 0 "$(stat -c %s "$d/image")"
    else is "bind is a link ($who)" "$work/source" "$(readlink "$d/image")"; fi
    is "modes ($who)" "600 $who" "$(stat -c '%a %u' "$d/console.log" "$d/vmm.log" "$d/exit.json" | sort -u)"
    like "exit.json ($who)" "{\"pid\":${3%:*},\"start\":${3#*:},\"status\":0,\"time\":[0-9]*}" "$(cat "$d/exit.json")"
    is "the answer again ($who)" "$2 $3" "$(cat "$d/run.ref")"
    until_true 5 gone "$2" || bad "the shim did not end ($who)"
    is "nothing else left ($who)" 'console.log exit.json image run.ref vmm.log ' "$(ls "$d" | tr '\n' ' ')"
}
plain "$(id -u)"
[ "$(id -u)" != 0 ] || plain $user

# root without a namespace, the VMM another uid: files where that uid cannot walk are seen all the same
if [ "$(id -u)" = 0 ]; then
    mkdir -m 700 "$work/closed"
    echo precious > "$work/closed/source"; chmod 444 "$work/closed/source"
    seen_by_other() { # COMMAND...
        d=$(directory 0); chgrp $mapped "$d"; chmod 1770 "$d"
        binds=
        for i in 1 2 3 4 5 6 7 8 9; do binds="$binds --bind $work/closed/source=image$i"; done
        set -- $("$@" "$shim" run --dir "$d" --uid $mapped --group 7 $binds -- "$look" read image9); remember "${2:-}" "${3:-}"
        until_true 5 ended "$d"
        # The next run in this directory would be refused while this shim still ends.
        until_true 5 gone "$2" || bad "the shim did not end (closed file)"
        is "a closed file" 'precious sealed' "$(tr '\n' ' ' < "$d/console.log" | sed 's/  */ /g;s/ $//')"
    }
    seen_by_other
    # in a container root may not even mount
    seen_by_other setpriv --bounding-set -sys_admin
    set -- $("$shim" run --dir "$d" --uid $mapped --group 7 -- "$look"); remember "${2:-}" "${3:-}"
    until_true 5 ended "$d"
    is "another uid" "$mapped $mapped 7" "$(fact uid "$d/console.log") $(fact gid "$d/console.log") $(fact groups "$d/console.log")"
    is "another uid's descriptors" '0 1 2 ' "$(fact fds "$d/console.log")"
fi

# ---- confined: what a program in the VMM's place finds ----
bwrap=$(command -v bwrap || true)
libraries="--show /lib --show /lib64 --show /usr/lib --show /usr/lib64" # of the sanitized shim; the real one is static
confined() { # WHO UID-FLAG HOLDER-FLAG
    who=$1 flag=$2 within=$3
    what="$who${within:+ in a namespace}"
    line=$(as "$who" "$shim" try-confine --confine "$bwrap" $libraries $within $flag)
    case $line in
        ok*) pass ;;
        failed\ namespace-*|failed\ confine:*) skip "confined as $what" "$line"; return ;;
        *) bad "try-confine as $what: $line"; return ;;
    esac
    home=$(mktemp -d "$work/home.XXXXXX"); neighbour=$(directory "$who")
    chown "$who" "$home" 2>/dev/null; chmod 700 "$home"
    echo secret > "$home/file"; chown "$who" "$home/file" 2>/dev/null
    mkdir -p "$work/closed"; chmod 700 "$work/closed"
    # Where the caller is root, the VMM's uid can walk to none of them.
    if [ "$who" = 0 ]; then source=$work/closed/source; else source=$work/source; fi
    rm -f "$source"; echo precious > "$source"; chmod 444 "$source"
    seen() { # ARGUMENT...: runs the program, waits, leaves its words in $f
        d=$(directory "$who")
        [ -z "$flag" ] || { chgrp $mapped "$d"; chmod 1770 "$d"; }
        line=$(as "$who" "$shim" run --dir "$d" $within $flag --bind "$source=image" --confine "$bwrap" \
            $libraries --show-as "$look" /engine --show /dev/null --show /dev/net/tun --show /not/there --limit nofile=77 --limit fsize=4096 -- /engine "$@")
        like "confined run: $1 ($what)" 'ok *' "$line"
        set -- $line; remember "${2:-}" "${3:-}"
        until_true 5 ended "$d" || bad "no exit.json, confined ($what)"
        f=$d/console.log
    }
    seen facts
    is "reference names the child (confined, $what)" "${line##* }" "$(sed 's/.*"pid":\([0-9]*\),"start":\([0-9]*\),.*/\1:\2/' "$d/exit.json")"
    is "it is alone ($what)" '1 1' "$(fact pid "$f") $(fact sid "$f")"
    is "confined descriptors ($what)" '0 1 2 ' "$(fact fds "$f")"
    for set in CapInh CapPrm CapEff CapBnd CapAmb; do is "confined $set ($what)" 0000000000000000 "$(fact $set "$f")"; done
    is "confined no_new_privs ($what)" 1 "$(fact NoNewPrivs "$f")"
    is "confined signals ($what)" '0000000000000000 0000000000000000' "$(fact SigBlk "$f") $(fact SigIgn "$f")"
    is "confined directory ($what)" '/vm 077' "$(fact cwd "$f") $(fact umask "$f")"
    is "confined environment ($what)" 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/ LC_ALL=C.UTF-8 ' "$(fact env "$f")"
    seen list /
    is "the whole world ($what)" 'dev engine lib lib64 proc usr vm ' "$(cat "$f")"
    seen list /vm
    # run.ref comes when the program already runs.
    is "its directory ($what)" 'console.log exit.json.new image vmm.log ' "$(sed 's/run.ref //' "$f")"
    seen reach "$home/file" "$neighbour" /etc/passwd /root "$source" image
    is "what is hidden ($what)" 'hidden hidden hidden hidden hidden there ' "$(cat "$f")"
    seen read image
    is "a bound file ($what)" 'precious sealed' "$(tr '\n' ' ' < "$f" | sed 's/  */ /g;s/ $//')"
    seen namespaces
    for n in $(head -n 1 "$f"); do
        [ "$n" != "$(readlink "/proc/self/ns/${n%%:*}")" ] && pass || bad "no ${n%%:*} namespace of its own ($what)"
    done
    is "limits ($what)" 'nofile=77 fsize=4096 grown=no root=sealed userns=no' "$(sed 1d "$f" | tr '\n' ' ' | sed 's/ $//')"
    seen exit 7
    like "confined status ($what)" '*"status":7,*' "$(cat "$d/exit.json")"
    d=$(directory "$who")
    [ -z "$flag" ] || { chgrp $mapped "$d"; chmod 1770 "$d"; }
    line=$(as "$who" "$shim" run --dir "$d" $within $flag --confine "$bwrap" $libraries --show "$look" -- /not/there)
    is "confined, no program ($what)" 'failed exec: /not/there: No such file or directory' "$line"
    line=$(as "$who" "$shim" run --dir "$d" $within $flag --confine /bin/false --show "$look" -- "$look")
    like "a bwrap that ends ($what)" 'failed fork: *' "$line"
    set -- $(as "$who" "$shim" run --dir "$d" $within $flag --confine "$bwrap" $libraries --show "$look" -- "$look" wait); remember "$2" "$3"
    until_true 5 grep -q waiting "$d/console.log" || bad "the confined program does not wait ($what)"
    is "its parent is the shim ($what)" "${2%:*}" "$(sed 's/.*) //' "/proc/${3%:*}/stat" | cut -d' ' -f2)"
    kill -STOP "${3%:*}"
    until_true 5 grep -q '^State:.T' "/proc/${3%:*}/status" && pass || bad "it cannot be stopped ($what)"
    kill -9 "${2%:*}" "${3%:*}"
    until_true 5 gone "$3" && pass || bad "it cannot be killed ($what)"
}
if [ -z "$bwrap" ]; then
    skip "confined" "bwrap is not installed"
else
    confined "$(id -u)" "$([ "$(id -u)" != 0 ] || echo "--uid $mapped")" ""
    [ "$(id -u)" != 0 ] || confined $user "" ""
    # the caller's death leaves it alone: nothing ties it to anybody
    d=$(directory "$(id -u)"); other=
    [ "$(id -u)" != 0 ] || { other="--uid $mapped"; chgrp $mapped "$d"; chmod 1770 "$d"; }
    setsid sh -c "'$shim' run --dir '$d' $other --confine '$bwrap' $libraries --show '$look' -- '$look' wait > '$work/line'; kill -HUP 0; kill -9 0" 2>/dev/null
    set -- $(cat "$work/line"); remember "${2:-}" "${3:-}"
    case ${1:-} in
        ok) is "a confined VMM outlives the caller" no "$(gone "$3" && echo yes || echo no)"; kill -9 "${2%:*}"
            until_true 5 gone "$2"; is "and its shim" no "$(gone "$3" && echo yes || echo no)"; kill -9 "${3%:*}" ;;
        *) skip "a confined VMM outlives the caller" "$(cat "$work/line")" ;;
    esac
fi

# ---- memory that many map and nobody writes ----
held_by() { # WHO KIND: sets holder and descriptor
    h=$(directory "$1")
    as "$1" sh -c 'cd "$1" && exec "$2" hold-memory "$3"' sh "$h" "$look" "$2" > "$h/held" 2>&1 &
    until_true 5 test -s "$h/held" || bad "no memory is held ($1)"
    read -r holder descriptor < "$h/held"
    holder="$holder:$(sed 's/.*) //' "/proc/$holder/stat" | cut -d' ' -f20)"; remember "$holder"
}
maps_memory() { # WHAT WHO UID-FLAG ARGUMENT...: the memory arrives, and stays as it is
    what=$1 who=$2 flag=$3; shift 3
    held_by "$who" 0
    for time in first second; do
        d=$(directory "$who")
        [ -z "$flag" ] || { chgrp $mapped "$d"; chmod 1770 "$d"; }
        line=$(as "$who" "$shim" run --dir "$d" $flag --memory "$holder" "$descriptor" "$@" -- "$look" memory)
        like "mapped ($what)" 'ok *' "$line"
        remember $(echo "$line" | cut -d' ' -f2,3)
        until_true 5 ended "$d" || bad "no exit.json, mapped ($what)"
        f=$d/console.log
        is "what is mapped, the $time time ($what)" \
            "precious private=Precious write=no shared=no cut=no punch=no nice=$(nice)" "$(head -n 1 "$f")"
        is "descriptors, mapped ($what)" '0 1 2 4 ' "$(fact fds "$f")"
    done
    kill -9 "${holder%:*}"
}
not_mapped() { # WANT HOLDER DESCRIPTOR
    d=$(directory "$(id -u)")
    line=$("$shim" run --dir "$d" --memory "$2" "$3" -- "$look" memory)
    like "memory $2 $3" "failed memory: $1" "$line"
    is "nothing ran ($1)" no "$(ended "$d" && echo yes || echo no)"
}
maps_memory "$(id -u)" "$(id -u)" ''
if [ "$(id -u)" = 0 ]; then
    maps_memory $user $user ''
    maps_memory "0, the VMM $mapped" 0 "--uid $mapped"
fi
if [ -n "$bwrap" ]; then
    other=
    [ "$(id -u)" != 0 ] || other="--uid $mapped"
    case $("$shim" try-confine --confine "$bwrap" $libraries $other) in
        ok*) maps_memory "confined" "$(id -u)" "$other" --confine "$bwrap" $libraries --show "$look" --show /dev/null
            [ "$(id -u)" != 0 ] || maps_memory "confined, $user" $user '' --confine "$bwrap" $libraries --show "$look" --show /dev/null ;;
        *) skip "memory, confined" "no confinement here" ;;
    esac
fi
held_by "$(id -u)" 0
not_mapped "/proc/${holder%:*}/fd/99: No such file*" "$holder" 99
not_mapped "${holder%:*}:1: no such process" "${holder%:*}:1" "$descriptor"
# One of the holder's that is no memory at all.
not_mapped "/proc/${holder%:*}/fd/1: *" "$holder" 1
gone_holder=$holder
kill -9 "${holder%:*}"; until_true 5 gone "$holder"
not_mapped "/proc/${holder%:*}/fd/$descriptor: No such file*" "$gone_holder" "$descriptor"
for kind in 1 2; do
    held_by "$(id -u)" $kind
    not_mapped "*: not sealed against every change" "$holder" "$descriptor"
    kill -9 "${holder%:*}"
done
held_by "$(id -u)" 3
not_mapped "*: not a file in memory" "$holder" "$descriptor"
d=$(directory "$(id -u)")
line=$("$shim" run --dir "$d" --record-memory "$holder" "$descriptor" -- "$look" memory)
like "an ordinary file to be filled" 'failed memory: *: not a file in memory' "$line"
kill -9 "${holder%:*}"
# That of a machine that is to become a template: its VMM fills it, and whoever holds it reads that.
held_by "$(id -u)" 2
d=$(directory "$(id -u)")
set -- $("$shim" run --dir "$d" --record-memory "$holder" "$descriptor" -- "$look" memory); remember "$2" "$3"
until_true 5 ended "$d" || bad "no exit.json, recorded"
like "memory to be filled" 'precious * shared=yes*' "$(head -n 1 "$d/console.log")"
kill -9 "${holder%:*}"
if [ "$(id -u)" = 0 ]; then
    # Somebody else's is not there to be had.
    held_by 0 0
    d=$(directory $user)
    line=$(as $user "$shim" run --dir "$d" --memory "$holder" "$descriptor" -- "$look" memory)
    like "another user's memory" 'failed memory: *Permission denied' "$line"
    kill -9 "${holder%:*}"
fi

# ---- work that nobody waits for ----
d=$(directory "$(id -u)")
set -- $("$shim" run --dir "$d" --low-priority -- "$look" memory); remember "$2" "$3"
until_true 5 ended "$d"
like "low priority" '*nice=19' "$(head -n 1 "$d/console.log")"

# ---- how a VMM ends ----
d=$(directory "$(id -u)")
set -- $("$shim" run --dir "$d" -- "$look" exit 7); remember "$2" "$3"
until_true 5 ended "$d"
like "status" '*"status":7,*' "$(cat "$d/exit.json")"
until_true 5 gone "$2"
set -- $("$shim" run --dir "$d" -- "$look" wait); remember "$2" "$3"
is "the old exit.json is gone" no "$(ended "$d" && echo yes || echo no)"
line=$("$shim" run --dir "$d" -- "$look" exit 0)
like "a second VMM in one directory" "failed directory: $d: *still runs" "$line"
is "the first one was not disturbed" no "$(ended "$d" && echo yes || echo no)"
for s in HUP INT TERM QUIT USR1; do kill -$s "${2%:*}"; done
is "the shim stays through signals" no "$(gone "$2" && echo yes || echo no)"
grep -q '^CapEff:.0000000000000000' "/proc/${2%:*}/status" && pass || bad "the shim has capabilities"
grep -q '^NoNewPrivs:.1' "/proc/${2%:*}/status" && pass || bad "the shim can gain privileges"
kill -9 "${3%:*}"
until_true 5 ended "$d"
like "signal" '*"signal":9,*' "$(cat "$d/exit.json")"
until_true 5 gone "$2" || bad "the shim did not end"

# what the VMM leaves running ends with it
d=$(directory "$(id -u)")
set -- $("$shim" run --dir "$d" -- "$look" orphan); remember "$2" "$3"
until_true 5 ended "$d" || bad "no exit.json beside an orphan"
gone "$(head -n 1 "$d/console.log")" && pass || bad "an orphan was left"

# the caller's death, with its session
d=$(directory "$(id -u)")
setsid sh -c "'$shim' run --dir '$d' -- '$look' wait > '$work/line'; kill -HUP 0; kill -9 0" 2>/dev/null
set -- $(cat "$work/line"); remember "$2" "$3"
is "VMM outlives the caller" no "$(gone "$3" && echo yes || echo no)"
is "shim outlives the caller" no "$(gone "$2" && echo yes || echo no)"
kill "${3%:*}"
until_true 5 ended "$d" && pass || bad "no exit.json after the caller's death"

# the guard: a VMM that ends with another process
d=$(directory "$(id -u)")
sleep 600 & guard=$!
reference="$guard:$(sed 's/.*) //' /proc/$guard/stat | cut -d' ' -f20)"; remember "$reference"
set -- $("$shim" run --dir "$d" --until "$reference" -- "$look" wait); remember "$2" "$3"
kill -9 $guard; wait $guard 2>/dev/null
until_true 5 ended "$d"
like "ended with its guard" '*"signal":15,*' "$(cat "$d/exit.json")"
d=$(directory "$(id -u)")
sleep 600 & guard=$!
reference="$guard:$(sed 's/.*) //' /proc/$guard/stat | cut -d' ' -f20)"; remember "$reference"
set -- $("$shim" run --dir "$d" --until "$reference" -- "$look" stubborn); remember "$2" "$3"
until_true 5 grep -q deaf "$d/console.log" || bad "the stubborn child did not begin"
kill -9 $guard; wait $guard 2>/dev/null
until_true 8 ended "$d"
like "and does not get out of it" '*"signal":9,*' "$(cat "$d/exit.json")"

# the ring: 5 MiB of console
d=$(directory "$(id -u)")
set -- $("$shim" run --dir "$d" -- "$look" flood 327680); remember "$2" "$3"
until_true 20 ended "$d"
is "the end of a flood" 'the end' "$(tail -n 1 "$d/console.log")"
is "the part before" 1048576 "$(stat -c %s "$d/console.log.1")"
[ "$(stat -c %s "$d/console.log")" -le 1048576 ] && pass || bad "the ring is too large"

# a VMM's directory is hostile: links are replaced, not followed
d=$(directory "$(id -u)")
echo precious > "$work/victim"
for f in console.log vmm.log exit.json exit.json.new image; do ln -s "$work/victim" "$d/$f"; done
set -- $("$shim" run --dir "$d" --bind "$work/source=image" -- "$look"); remember "$2" "$3"
until_true 5 ended "$d"
is "victim" precious "$(cat "$work/victim")"
until_true 5 gone "$2"
rm "$d/image"; echo full > "$d/image"
line=$("$shim" run --dir "$d" --bind "$work/source=image" -- "$look")
like "a file in the way of a bind" 'failed bind: image: something else*' "$line"
is "is kept" full "$(cat "$d/image")"

# ---- spawn: the daemon ----
d=$(directory "$(id -u)")
line=$(GIT_DIR=/x LD_PRELOAD= BANGER_HOME=/home/x "$shim" spawn --log "$d/log" -- "$look")
like "spawn" 'ok [0-9]*:[0-9]*' "$line"; remember "${line#ok }"
until_true 5 gone "${line#ok }"
is "spawned session" "$(fact pid "$d/log")" "$(fact sid "$d/log")"
is "spawned descriptors" '0 1 2 ' "$(fact fds "$d/log")"
is "spawned umask" 077 "$(fact umask "$d/log")"
case "$(fact env "$d/log")" in *GIT_DIR*|*LD_*) bad "spawn lets environment through" ;; *BANGER_HOME=/home/x*) pass ;; *) bad "spawn drops BANGER_HOME" ;; esac

# ---- holder ----
holder_of() { # WHO ARGUMENT...
    who=$1; shift
    line=$(as "$who" "$shim" hold "$@")
    case $line in
        ok\ *) holder=${line#ok }; remember "$holder"; return 0 ;;
        failed\ namespace-*) skip "holder as $who" "$line"; return 1 ;;
        *) bad "holder as $who: $line"; return 1 ;;
    esac
}
namespace() { readlink "/proc/${1%:*}/ns/$2"; }

with_holder() { # WHO UID-FLAG...
    who=$1; shift
    uid=0; [ $# = 0 ] || uid=1
    [ $# = 0 ] || flag="--uid 1"
    [ $# != 0 ] || flag=
    holder_of "$who" "$@" || return
    pid=${holder%:*}
    [ "$(namespace "$holder" net)" != "$(readlink /proc/self/ns/net)" ] && pass || bad "no namespace of its own ($who)"
    is "holder's session ($who)" "$pid" "$(cut -d' ' -f6 /proc/$pid/stat)"
    like "holder's capabilities ($who)" '*	0000000000080000' "$(grep CapEff /proc/$pid/status)"
    like "holder's bounding set ($who)" '*	0000000000000000' "$(grep CapBnd /proc/$pid/status)"
    is "holder's map ($who)" "$([ $uid = 1 ] && echo "0 0 1 1 $mapped 1" || echo "0 $who 1")" "$(echo $(cat /proc/$pid/uid_map))"

    as "$who" "$shim" enter --holder "$holder" --caps net_admin -- "$look" > "$work/inside"
    is "entered uid ($who)" 0 "$(fact uid "$work/inside")"
    for set in CapPrm CapEff CapBnd; do is "entered $set ($who)" 0000000000001000 "$(fact $set "$work/inside")"; done
    is "entered no_new_privs ($who)" 1 "$(fact NoNewPrivs "$work/inside")"
    is "entered umask ($who)" 077 "$(fact umask "$work/inside")"
    as "$who" "$shim" enter --holder "$holder" -- "$look" > "$work/inside"
    for set in CapPrm CapEff CapBnd; do is "entered without $set ($who)" 0000000000000000 "$(fact $set "$work/inside")"; done
    like "entered lo is up ($who)" '*LOOPBACK,UP*' "$(as "$who" "$shim" enter --holder "$holder" -- "$(command -v ip)" link show lo)"

    d=$(directory "$who")
    [ $uid = 0 ] || chgrp $mapped "$d"
    [ $uid = 0 ] || chmod 1770 "$d"
    rm -f "$work/source"; echo precious > "$work/source"; chmod 444 "$work/source"; chown "$who" "$work/source" 2>/dev/null
    sed -n p < "$work/source" > /dev/null
    line=$(as "$who" "$shim" run --dir "$d" --holder "$holder" $flag --bind "$work/source=image" -- "$look" read image)
    like "run in the namespace ($who)" 'ok *' "$line"
    set -- $line; remember "$2" "$3"
    until_true 5 ended "$d"
    is "bound file ($who)" 'precious sealed' "$(tr '\n' ' ' < "$d/console.log" | sed 's/  */ /g;s/ $//')"
    is "bind is invisible outside ($who)" 0 "$(stat -c %s "$d/image")"

    until_true 5 gone "$2"
    set -- $(as "$who" "$shim" run --dir "$d" --holder "$holder" $flag -- "$look"); remember "$2" "$3"
    until_true 5 ended "$d"
    f=$d/console.log
    is "uid in the namespace ($who)" "$uid $uid" "$(fact uid "$f") $(fact gid "$f")"
    for set in CapInh CapPrm CapEff CapBnd CapAmb; do is "VMM $set ($who)" 0000000000000000 "$(fact $set "$f")"; done
    is "VMM descriptors ($who)" '0 1 2 ' "$(fact fds "$f")"
    is "VMM session ($who)" "$(fact pid "$f")" "$(fact sid "$f")"
    is "files belong to the caller ($who)" "$who" "$(stat -c %u "$d/console.log" "$d/exit.json" | sort -u)"

    [ -z "$bwrap" ] || [ "$who$flag" = 0 ] || { until_true 5 gone "$2"; confined "$who" "$flag" "--holder $holder"; set -- x "$2"; pid=${holder%:*}; }
    # No right over the namespace: neither rules nor links can be changed.
    until_true 5 gone "$2"
    set -- $(as "$who" "$shim" run --dir "$d" --holder "$holder" $flag -- "$(command -v ip)" link set lo down); remember "$2" "$3"
    until_true 5 ended "$d"
    like "a VMM changes no link ($who)" '*"status":2,*' "$(cat "$d/exit.json")"

    # The shim ends a moment after it has written that.
    until_true 5 gone "$2"
    line=$(as "$who" "$shim" run --dir "$d" --holder "$holder" $flag --tap bgr0123456789ab -- "$look" tap)
    like "no such tap ($who)" 'failed tap: bgr0123456789ab: there is no such tap' "$line"
    if as "$who" sh -c '[ -w /dev/net/tun ] && : <> /dev/net/tun' 2>/dev/null; then
        # A tap is not made for who asks for one that is not there, but found when it was made.
        as "$who" "$shim" enter --holder "$holder" --caps net_admin -- "$(command -v ip)" tuntap add dev bgr0123456789ab mode tap user $uid
        until_true 5 gone "$2"
        set -- $(as "$who" "$shim" run --dir "$d" --holder "$holder" $flag --tap bgr0123456789ab -- "$look" tap); remember "${2:-}" "${3:-}"
        until_true 5 ended "$d"
        is "tap on descriptor 3 ($who)" 'tap=bgr0123456789ab tapflags=1 vnet=1' "$(head -n 1 "$d/console.log")"
        is "descriptors with a tap ($who)" '0 1 2 3 ' "$(fact fds "$d/console.log")"
        for verb in tap "opentap bgr0123456789ab"; do
            [ -n "$bwrap" ] || { skip "confined tap" "bwrap is not installed"; continue; }
            [ "$who$flag" != 0 ] || continue
            # Firecracker opens it as the VMM's uid.
            [ "$verb" = tap ] || (as "$([ -z "$flag" ] && echo "$who" || echo $mapped)" sh -c ': <> /dev/net/tun') 2>/dev/null || {
                skip "confined opentap as $who" "/dev/net/tun is closed to the VMM's uid"; continue; }
            until_true 5 gone "$2"
            with_tap=; [ "$verb" != tap ] || with_tap="--tap bgr0123456789ab"
            set -- $(as "$who" "$shim" run --dir "$d" --holder "$holder" $flag $with_tap --confine "$bwrap" $libraries --show "$look" --show /dev/net/tun -- "$look" $verb); remember "${2:-}" "${3:-}"
            until_true 5 ended "$d"
            like "confined $verb ($who)" "$([ "$verb" = tap ] && echo 'tap=bgr0123456789ab tapflags=1 vnet=1*' || echo opened*)" "$(head -n 1 "$d/console.log")"
        done
    else
        skip "tap as $who" "/dev/net/tun cannot be opened"
    fi
    kill "$pid"
    until_true 5 gone "$holder" && pass || bad "the holder does not end on SIGTERM ($who)"
    line=$(as "$who" "$shim" enter --holder "$holder" -- /bin/true)
    like "entering what is gone ($who)" 'failed holder: *no such process' "$line"
}
with_holder "$(id -u)"
if [ "$(id -u)" = 0 ]; then
    with_holder $user
    with_holder 0 --map-uid $mapped
    line=$(as $user "$shim" hold --map-uid 5)
    like "an ordinary user maps no other" 'failed arguments: --map-uid*' "$line"

    # Refusals name their reason. A user namespace with a limit of none is our own to have.
    line=$(unshare -U -r sh -c "echo 0 > /proc/sys/user/max_user_namespaces; '$shim' hold")
    like "no more namespaces" 'failed namespace-limit: *user.max_user_namespaces is 0*' "$line"
fi

# a holder with nobody inside ends by itself, one with somebody does not
if holder_of "$(id -u)" --idle 1; then
    until_true 6 gone "$holder" && pass || bad "an idle holder stays"
    holder_of "$(id -u)" --idle 1
    "$shim" enter --holder "$holder" -- /bin/sleep 3 &
    inside=$!
    sleep 2.5
    gone "$holder" && bad "a holder left somebody alone" || pass
    wait $inside
    until_true 6 gone "$holder" && pass || bad "a holder stays after the last one left"
fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
