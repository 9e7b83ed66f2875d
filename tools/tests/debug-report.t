#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# odmm debug-report: all sections, whatever fails, and nothing secret.

set -u
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

section()
{
	sed -n "/^== $1 ==\$/,/^== /p" "$dir/out" | sed '1d;$d'
}

rc=0
"$BIN/odmm" debug-report >"$dir/out" 2>"$dir/err" || rc=$?
is "it succeeds" "$rc $(<"$dir/err")" "0 "
is "sections" "$(sed -n 's/^== \(.*\) ==$/\1/p' "$dir/out" | paste -sd,)" "command,kernel,kernel\
 taint,module loaded,module installed,prefixes,requests,agents,sessions,stats,policy,addresses,\
routes,rules,sysctls,tracing,kernel log,failed"
is "its version" "$(section command)" "\$ odmm -V
odmm 0.1.0"
is "the kernel" "$(section kernel)" "\$ uname -srvm
$(uname -srvm)"
is "each sysctl of each interface" "$(section sysctls | wc -l)" \
	$((5 * $(find /proc/sys/net/ipv6/conf -mindepth 1 -maxdepth 1 | wc -l)))
is "no secret of any kind" "$(grep -c secret "$dir/out")" 0

rc=0
PATH=/nonexistent "$BIN/odmm" debug-report >"$dir/out" || rc=$?
is "without programs: it goes on" "$rc $(section addresses)" "0 \$ ip -d -6 addr
failed: ip: No such file or directory"
for name in kernel addresses routes rules; do
	is "without programs: $name is among what failed" \
		"$(sed '1,/^== failed ==$/d' "$dir/out" | grep -cx "$name")" 1
done
is "without programs: it finds itself" "$(section command)" "\$ odmm -V
odmm 0.1.0"

printf '#!/bin/sh\nkill -TERM $$\n' >"$dir/ip"
chmod +x "$dir/ip"
PATH=$dir:$PATH "$BIN/odmm" debug-report >"$dir/out"
is "a program that is killed" "$(section rules)" "\$ ip -6 rule
failed: Terminated"

if [[ -d /sys/module/odmm ]]; then
	skip "the module is missing" "it is loaded"
else
	is "the module is missing" "$(section policy)" "\$ odmm -j policy
odmm: the kernel module is not loaded: modprobe odmm
failed: exit status 2"
fi
rc=0
"$BIN/odmm" debug-report >/dev/full 2>/dev/null || rc=$?
is "a full disk is an error" $rc 2

done_testing
