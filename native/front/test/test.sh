#!/bin/sh
# Tests of banger's first process against a daemon of a few lines: sh test.sh DIRECTORY-WITH-THE-TEST-BUILD.
# The last line is "N passed, N failed".
set -u
build=$1
work=$(mktemp -d /tmp/front-test.XXXXXX)
export ASAN_OPTIONS=detect_leaks=0:abort_on_error=1 BANGER_HOME=$work/home TERM=dumb
unset NO_COLOR CLICOLOR_FORCE
mkdir -p "$work/dist/bin" "$work/dist/libexec" "$work/home/state/run"
cp "$build/banger" "$work/dist/bin/banger"
printf 'version=1.2\nbuild=abc\nbuilt=today\ncli_classpath=x\n' >"$work/dist/build.properties"
cat >"$work/dist/libexec/banger-cli" <<'TEXT'
#!/bin/sh
echo "java: $*"
exit 7
TEXT
chmod 755 "$work/dist/libexec/banger-cli"
banger=$work/dist/bin/banger
socket=$work/home/state/run/bangerd.sock
passed=0 failed=0 peer=
trap 'rm -rf "$work"' EXIT

pass() { passed=$((passed + 1)); }
bad() { failed=$((failed + 1)); echo "FAILED: $*"; }
# is WHAT EXPECTED ACTUAL
is() { if [ "$2" = "$3" ]; then pass; else bad "$1: expected '$2', was '$3'"; fi; }
same() { if cmp -s "$2" "$3"; then pass; else bad "$1: $2 and $3 differ"; fi; }

# frame TYPE TEXT: text as printf understands it, under 256 bytes
frame() {
    printf "$2" >"$work/payload"
    printf "\\$(printf %03o "$1")\\000\\000\\$(printf %03o "$(wc -c <"$work/payload")")"
    cat "$work/payload"
}
switched() { printf 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n'; }
# daemon [COUNT]: says $work/first, and $work/second after COUNT bytes
daemon() {
    rm -f "$socket" "$work/ready" "$work/request.in"
    mkfifo "$work/ready"
    "$build/peer" "$socket" "$work/request" "$work/first" "${1:-0}" "$work/second" >"$work/ready" &
    peer=$!
    read -r _ <"$work/ready"
}
# run ARGUMENTS: in the files out, err; its status in $status
run() {
    status=0
    "$banger" "$@" >"$work/out" 2>"$work/err" || status=$?
}
ended() { wait "$peer"; }
: >"$work/second"

# What is answered here, and what is Java's.
run version
is version "banger 1.2 (build abc, built today)" "$(cat "$work/out")"
run --version
is --version "banger 1.2 (build abc, built today)" "$(cat "$work/out")"
"$banger" version >/dev/full 2>/dev/null && bad "version on a full disk" || pass
"$banger" version >&- 2>/dev/null && bad "version without output" || pass
ln -s "$banger" "$work/link"
is "by a link" "banger 1.2 (build abc, built today)" "$("$work/link" version)"
for words in "" "version --json" "vm" "vm list" "ps" "vm list --json" "ps -q" "vm list x" "vm exec" "vm exec box" "vm exec box --" "vm exec -- true" \
    "vm exec -T box -- true" "vm exec box true" "vm exec Box -- true" "vm exec ../x -- true" "vm exec -box -- true"; do
    # shellcheck disable=SC2086
    run $words
    is "'$words' is Java's" "7 java: $words" "$status $(cat "$work/out")"
done
run vm exec box -- true
is "nobody at the socket" "7 java: vm exec box -- true" "$status $(cat "$work/out")"
for answer in 'HTTP/1.1 404 Error\r\n\r\n{}' 'HTTP/1.1 1' 'what\r\n\r\n' ''; do
    # shellcheck disable=SC2059
    printf "$answer" >"$work/first"
    daemon
    run vm exec box -- true
    ended
    is "answer '$answer' is Java's" "7 java: vm exec box -- true" "$status $(cat "$work/out")"
done

# The request.
{ switched; frame 5 '\000'; } >"$work/first"
daemon
run vm exec my-box -- sh -c '' "$(printf 'a\377\n')"
ended
is "status 0" 0 "$status"
printf 'POST /v1/vms/my-box/exec?workspace=none HTTP/1.1\r\nHost: banger\r\nConnection: Upgrade\r\nUpgrade: banger-frames\r\nBanger-Build: abc\r\nContent-Length: 71\r\n\r\n{"argv":["c2gA","LWMA","AA==","Yf8A"],"env":[],"login":false}' | sed 's/Content-Length: 71/Content-Length: 61/' >"$work/expected"
same "the request" "$work/expected" "$work/request"
state=$BANGER_HOME
mkdir -p "$work/x/banger" "$work/h/.local/state"
ln -s "$work/home/state/run" "$work/x/banger/run"
ln -s "$work/x/banger" "$work/h/.local/state/banger"
daemon
(unset BANGER_HOME; XDG_STATE_HOME=$work/x HOME=/nonexistent "$banger" vm exec b -- true) || bad "XDG_STATE_HOME"
ended
daemon
(unset BANGER_HOME; XDG_STATE_HOME=relative HOME=$work/h "$banger" vm exec b -- true) || bad "HOME"
ended
BANGER_HOME=$state

# The list: the daemon's table as it is, or Java's business.
table='NAME  STATE\nbox   r\303\266nning\n'
# shellcheck disable=SC2059
listed() { printf "HTTP/1.1 $1\\r\\nContent-Length: $2\\r\\n\\r\\n$3" >"$work/first"; }
for words in "vm list" "vm ls" "vm ps" "ps"; do
    listed "200 OK" 27 "$table"
    daemon
    # shellcheck disable=SC2086
    run $words
    ended
    is "$words" "0 $(printf "$table")" "$status $(cat "$work/out")"
done
printf 'GET /v1/vms?columns=0 HTTP/1.1\r\nHost: banger\r\nConnection: close\r\nBanger-Build: abc\r\n\r\n' >"$work/expected"
same "the list's request" "$work/expected" "$work/request"
for to in /dev/full '&-'; do
    daemon
    status=0
    eval '"$banger" vm list 2>/dev/null >'"$to" || status=$?
    ended
    is "a list that cannot be written ($to)" 1 "$status"
done
for answer in "200 OK|0|" "200 OK|28|$table" "409 Error|2|{}" "200 OK||$table"; do
    IFS='|' read -r a b c <<TEXT
$answer
TEXT
    listed "$a" "$b" "$(printf %s "$c")"
    daemon
    run vm list
    ended
    is "list '$a' $b is Java's" "7 java: vm list" "$status $(cat "$work/out")"
done

# Output, its end and the status.
{ switched; frame 1 'out\000\377'; frame 2 'err'; frame 1 ''; frame 1 'more'; frame 5 '\203'; } >"$work/first"
daemon
run vm exec box -- true
ended
printf 'out\000\377more' >"$work/expected"
same "output" "$work/expected" "$work/out"
is "errors and status" "err 131" "$(cat "$work/err") $status"
{
    switched
    i=0
    while [ $i -lt 40 ]; do printf '\001\001\000\000'; head -c 65536 "$build/banger"; i=$((i + 1)); done
    frame 5 '\000'
} >"$work/first"
daemon
"$banger" vm exec box -- true | { sleep 0.2; cat; } >"$work/out"
ended
i=0
while [ $i -lt 40 ]; do head -c 65536 "$build/banger"; i=$((i + 1)); done >"$work/expected"
same "much output, read late" "$work/expected" "$work/out"

# Input: frames of it, then its end.
{ switched; } >"$work/first"
frame 5 '\000' >"$work/second"
{ frame 0 'abc'; frame 0 ''; } >"$work/expected"
daemon 11
printf abc | "$banger" vm exec box -- cat || bad "input"
ended
same "input" "$work/expected" "$work/request.in"
daemon 4
"$banger" vm exec box -- cat <&- || bad "no input"
ended
is "no input ends at once" "$(frame 0 '' | od -An -c)" "$(od -An -c "$work/request.in")"
head -c 3000000 /dev/urandom >"$work/big"
daemon 3000100
"$banger" vm exec box -- cat <"$work/big" || bad "much input"
ended
is "much input" "$(cksum <"$work/big")" "$(perl -e 'local $/; $_ = <STDIN>; while (length) { my $n = unpack("N", "\0" . substr($_, 1, 3)); print substr($_, 4, $n); $_ = substr($_, 4 + $n) }' <"$work/request.in" | cksum)"

# A command that reads nothing, ended while our input is open.
mkfifo "$work/open"
{ switched; frame 5 '\003'; } >"$work/first"
: >"$work/second"
daemon
exec 8<>"$work/open"
"$banger" vm exec box -- true <"$work/open"
is "ends although its input does not" 3 $?
exec 8>&-
ended

# What goes wrong after the command began.
lost="error: the connection to the guest broke before the command ended"
for first in 'frame 1 half' 'frame 9 x' 'frame 5 xy' 'printf \001\377\377\377' 'printf \001\000'; do
    { switched; $first; } >"$work/first"
    daemon
    run vm exec box -- true
    ended
    is "broken: $first" "125 $lost" "$status $(head -1 "$work/err")"
done
{ switched; frame 6 'caf\303\251: \033[31m\302\205\342\200\256\377'; frame 5 '\177'; } >"$work/first"
daemon
run vm exec box -- true
ended
is "why" "$(printf 'error: caf\303\251: \\x1b[31m\\x85\\u{202e}\357\277\275') 127" "$(cat "$work/err") $status"
daemon
CLICOLOR_FORCE=1 run vm exec box -- true
ended
is "why, in colour" "$(printf '\033[31merror:\033[0m caf')" "$(head -c 19 "$work/err")"
# A full disk, a closed pipe: told once, and the status is still the command's.
{ switched; frame 1 'x'; } >"$work/first"
{ frame 1 'y'; frame 5 '\000'; } >"$work/second"
for to in /dev/full '&-'; do
    daemon 9
    eval '"$banger" vm exec box -- true </dev/null >'"$to"
    is "output that fails ($to)" 0 $?
    ended
    # Its input ends at the same time: either may be first.
    { frame 0 ''; frame 4 '\015'; } >"$work/expected"
    { frame 4 '\015'; frame 0 ''; } >"$work/expected2"
    cmp -s "$work/expected2" "$work/request.in" || same "told ($to)" "$work/expected" "$work/request.in"
done
# Signals go to the command.
{ switched; } >"$work/first"
frame 5 '\217' >"$work/second"
daemon 9
"$banger" vm exec box -- true </dev/null &
front=$!
until [ -s "$work/request.in" ]; do sleep 0.01; done
kill -TERM $front
wait $front
is "TERM" 143 $?
ended
is "TERM is passed on" "$({ frame 0 ''; frame 4 '\017'; } | od -An -c)" "$(od -An -c "$work/request.in")"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
