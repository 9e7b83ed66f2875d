#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# odmm-run: its words, which programs it refuses, what it does to services; and
# what its library does without the module, and with a fake of it.

set -u
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"

run=$BIN/odmm-run
fake=${OBJ%-sanitize}/tests/preload-fake.so
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
unset LD_PRELOAD ODMM_RUN

# wrong NAME MESSAGE WORD...: odmm-run itself fails
wrong()
{
	gives "$1" 125 "odmm-run: $2" "$run" "${@:3}"
}

# refused NAME MESSAGE PROGRAM
refused()
{
	gives "$1" 126 "odmm-run: $2" "$run" --type fixed --fallback "$3"
}

usage=$("$run" --help)
is "--help" "$(head -n 1 <<<"$usage")" "Usage: odmm-run WISH [--] PROGRAM [ARGUMENT...]"
gives "no words" 125 "$usage" "$run"
gives "no program" 125 "$usage" "$run" --type fixed
gives "enable without a service" 125 "$usage" "$run" enable --type fixed
gives "two services" 125 "$usage" "$run" status a b
gives "unknown option" 125 "$run: unrecognized option '--frob'
$usage" "$run" --frob
gives "a wish is not for disable" 125 "$usage" "$run" disable --type fixed ssh
gives "a program has no root" 125 "$usage" "$run" --type fixed --root / true
gives "unknown option of enable" 125 "$run: unrecognized option '--frob'
$usage" "$run" enable --frob
wrong "no type" '--type TYPE is required' true
wrong "enable, no type" 'there is no service frob.service' enable frob
for type in 0 5 fixd ''; do
	wrong "type \"$type\"" \
		"\"$type\" is no type; there are fixed, session-lasting, non-persistent and graceful-replacement" \
		--type "$type" true
done
for timeout in -1 1x ' 1' '' 2147483648 99999999999999999999; do
	wrong "timeout \"$timeout\"" "\"$timeout\" is no timeout: milliseconds, or none" \
		--type fixed --timeout "$timeout" true
done

gives "not found" 127 "odmm-run: odmm-no-such: not found" "$run" --type 1 --fallback odmm-no-such
gives "not found, a path" 127 "odmm-run: ./odmm-no-such: not found" "$run" --type 1 --fallback ./odmm-no-such
gives "not found, empty" 127 "odmm-run: : not found" "$run" --type 1 --fallback ""
busybox=$(command -v busybox)
refused "statically linked" "$busybox: statically linked, nothing can be preloaded" busybox
printf '#! %s sh\n' "$busybox" >"$dir/script"
printf '#!%s\n' "$dir/script" >"$dir/second"
chmod +x "$dir/script" "$dir/second"
refused "a script of it" "$busybox: statically linked, nothing can be preloaded" "$dir/script"
refused "a script of a script of it" "$busybox: statically linked, nothing can be preloaded" "$dir/second"
printf '#!%s\n' "$dir/loop" >"$dir/loop"
chmod +x "$dir/loop"
refused "a script of itself" "$dir/loop: too many interpreters" "$dir/loop"
refused "a folder" "$dir: Is a directory" "$dir"
: >"$dir/plain"
refused "not executable" "$dir/plain: Permission denied" "$dir/plain"
cp "$(type -P true)" "$dir/true"
for size in 70 200; do
	head -c $size "$dir/true" >"$dir/cut"
	chmod +x "$dir/cut"
	refused "cut off after $size bytes" "$dir/cut: statically linked, nothing can be preloaded" "$dir/cut"
done
cp "$dir/true" "$dir/small"
printf '\1' | dd of="$dir/small" bs=1 seek=4 conv=notrunc status=none
refused "32 bits" \
	"$dir/small: for another kind of machine (32 bits?) than the library that would be preloaded" "$dir/small"
sed 's|/lib64/ld-linux-x86-64.so.2|/lib64/ld-other-x86-64.so.2|' "$dir/true" >"$dir/other"
chmod +x "$dir/other"
refused "another C library" "$dir/other: for another C library (/lib64/ld-other-x86-64.so.2)" "$dir/other"

# What reaches a program
# shellcheck disable=SC2016
environment()
{
	"$run" "$@" --fallback -- sh -c 'echo "$ODMM_RUN ${LD_PRELOAD##*/build/}"'
}
gives "the wish" 0 "session-lasting,fallback lib/libodmm-preload.so" environment --type ses
gives "all of a wish" 0 "fixed,on-net,timeout=50,fallback lib/libodmm-preload.so" \
	environment --type 1 --on-net --timeout 50
gives "no time limit" 0 "fixed,timeout=none,fallback lib/libodmm-preload.so" \
	environment --type fixed --timeout none
# With a sanitizer: it is not the first library then.
# shellcheck disable=SC2016
is "others stay in LD_PRELOAD, behind" \
	"$(ASAN_OPTIONS=verify_asan_link_order=0 LD_PRELOAD=libm.so.6 "$run" --type 1 --fallback sh -c 'echo "${LD_PRELOAD##*/}"')" \
	"libodmm-preload.so:libm.so.6"
gives "words of the program are its own" 0 "--type x" "$run" --type 1 --fallback echo --type x
# shellcheck disable=SC2016
printf 'echo "$# $1"\n' >"$dir/bare"
chmod +x "$dir/bare"
gives "a script without #!" 0 "1 a b" "$run" --type 1 --fallback "$dir/bare" "a b"
gives "its exit status" 3 "" "$run" --type 1 --fallback sh -c 'exit 3'
gives "an empty folder in PATH is this one" 0 "1 x" \
	env -C "$dir" PATH=nowhere::/bin "$run" --type 1 --fallback bare x

# Services
root=$dir/root
drop_in=$root/etc/systemd/system/demo.service.d/odmm.conf
mkdir -p "$root/lib/systemd/system" "$root/etc/systemd/system"
touch "$root/lib/systemd/system/demo.service" "$root/etc/systemd/system/many@.service"
library=$(readlink -f "${BIN%/sanitize}/../lib/libodmm-preload.so")
text="# Made by odmm-run enable; odmm-run disable removes it.
[Service]
Environment=\"LD_PRELOAD=$library\"
Environment=\"ODMM_RUN=fixed,on-net,timeout=500,fallback\""
force="to be in force: systemctl daemon-reload && systemctl restart"
wish=(--type fixed --on-net --timeout 500 --fallback)
gives "status before" 1 "disabled" "$run" status --root "$root" demo
gives "enable --dry-run" 0 "$drop_in:
$text" "$run" enable "${wish[@]}" --dry-run --root "$root" demo
is "makes nothing" "$(ls "$root/etc/systemd/system")" "many@.service"
gives "enable" 0 "$force demo.service" "$run" enable "${wish[@]}" --root "$root" demo
is "makes the file" "$(<"$drop_in")" "$text"
gives "status" 0 "enabled fixed,on-net,timeout=500,fallback" "$run" status --root "$root" demo.service
gives "enable again" 0 "$force demo.service" "$run" enable --type ses --root "$root" demo
gives "replaces the wish" 0 "enabled session-lasting" "$run" status --root "$root" demo
is "leaves nothing else" "$(ls "${drop_in%/*}")" "odmm.conf"
gives "disable --dry-run" 0 "remove $drop_in" "$run" disable --dry-run --root "$root" demo
gives "removes nothing" 0 "enabled session-lasting" "$run" status --root "$root" demo
gives "disable" 0 "$force demo.service" "$run" disable --root "$root" demo
is "removes file and folder" "$(ls "$root/etc/systemd/system")" "many@.service"
gives "disable again" 0 "" "$run" disable --root "$root" demo
gives "an instance of a template" 0 "$force many@x.service" \
	"$run" enable --type fixed --root "$root" many@x
touch "$root/etc/systemd/system/many@x.service.d/other.conf"
gives "disable beside files of others" 0 "$force many@x.service" \
	"$run" disable --root "$root" many@x
is "files of others stay" "$(ls "$root/etc/systemd/system/many@x.service.d")" "other.conf"
wrong "no such service" 'there is no service frob.service' status --root "$root" frob
wrong "enable without a type" '--type TYPE is required' enable --root "$root" demo
for name in '' . .. ../demo a/b .demo "$(printf '%0300d' 0)"; do
	wrong "service \"${name:0:20}\"" "\"$name\" is no name of a service" status --root "$root" "$name"
done
mkdir "$root/etc/systemd/system/demo.service.d"
mkdir "$drop_in"
gives "a file that cannot be made" 125 "odmm-run: $drop_in.new: Is a directory" \
	"$run" enable --type fixed --root "$root" demo
is "leaves nothing behind" "$(ls "${drop_in%/*}")" "odmm.conf"

# The library. sockets CODE: a piece of Python that says what sockets do. Not the
# first python3 in PATH, which may be a script that runs many programs.
sockets()
{
	/usr/bin/python3 -c "
import errno, os, socket
UDP, TCP = socket.SOCK_DGRAM, socket.SOCK_STREAM
def six(kind):
    return socket.socket(socket.AF_INET6, kind)
def name(s):
    return *s.getsockname()[:1], s.getsockname()[1] > 0
def outcome(call, *args):
    try:
        return call(*args)
    except OSError as e:
        return errno.errorcode[e.errno]
$1"
}

bind="
s = six(TCP)
print(outcome(s.bind, ('::', 0)), *name(s))"
connect="print(outcome(six(UDP).connect, ('2001:db8::1', 7)))"
if [[ -d /sys/module/odmm ]]; then
	skip "without the module" "it is loaded"
else
	wrong "no module" "the kernel module is not loaded: modprobe odmm" --type fixed true
	export LD_PRELOAD=$library ODMM_RUN=fixed
	missing="odmm-run: python3: no address of type fixed: the kernel module is not loaded"
	gives "no module: bind() fails" 0 "$missing
ENOPROTOOPT :: False" sockets "$bind"
	gives "no module: connect() fails" 0 "$missing
ENOPROTOOPT" sockets "$connect"
	ODMM_RUN=fixed,fallback gives "no module, fallback" 0 "None :: True" sockets "$bind"
	unset ODMM_RUN
	gives "no wish: the library does nothing" 0 "None :: True" sockets "$bind"
	unset LD_PRELOAD
fi

# The fake has the address ::1 for everybody.
export LD_PRELOAD=$fake ODMM_RUN=fixed
gives "fake: bind() to ::" 0 "None ::1 True" sockets "$bind"
gives "fake: connect(), whether there is a route or not" 0 "::1" sockets "
s = six(UDP)
outcome(s.connect, ('2001:db8::1', 7))
print(name(s)[0])"
gives "fake: a port that is taken is no matter of addresses" 0 "EADDRINUSE" sockets "
s = six(TCP)
s.bind(('::', 0))
s.listen()
print(outcome(six(TCP).bind, ('::', s.getsockname()[1])))"
gives "fake: listen()" 0 "None ::1 True" sockets "
s = six(TCP)
print(outcome(s.listen), *name(s))"
gives "fake: bind() of another address, IPv4, UNIX" 0 "::1 True
0.0.0.0 True
None" sockets "
s = six(UDP)
s.bind(('::1', 0))
print(*name(s))
s = socket.socket()
s.bind(('', 0))
print(*name(s))
print(outcome(socket.socket(socket.AF_UNIX).bind, '$dir/socket'))"
FAKE_REFUSED=1 gives "fake: refused" 0 "odmm-run: python3: no address of type fixed: Cannot assign requested address
EADDRNOTAVAIL :: False" sockets "$bind"
ODMM_RUN=fixed,fallback FAKE_REFUSED=1 gives "fake: refused, fallback" 0 "None :: True" sockets "$bind"
for wish in '' frob 5 fixed,frob fixed,timeout= fixed,timeout=x "$(printf '%0200d' 0)"; do
	ODMM_RUN=$wish gives "wish \"${wish:0:20}\": not understood, nothing works" 0 \
"odmm-run: python3: ODMM_RUN $wish: not understood
odmm-run: python3: no address of type none: Invalid argument
EINVAL :: False" sockets "$bind"
done

done_testing
