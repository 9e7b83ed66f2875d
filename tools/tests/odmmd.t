#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# odmmd before the kernel is asked: its command line, its configuration, its unit.

set -u
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
conf=$dir/odmmd.conf
pool="source pool type fixed dev lo pool 2001:db8::/48"

# check NAME CODE OUTPUT LINE...: a configuration of these lines
check()
{
	local name=$1 code=$2 wanted=$3
	shift 3
	printf '%s\n' "$@" >"$conf"
	gives "$name" "$code" "${wanted:+odmmd: $conf:$wanted}" "$BIN/odmmd" --check -c "$conf"
}

is "help" "$("$BIN/odmmd" -h | head -n 1 | cut -c -12)" "Usage: odmmd"
for kind in pool exec ra dhcpv6; do
	is "help has source $kind" "$("$BIN/odmmd" --help | grep -c "^ *source $kind ")" 1
done
gives "version" 0 "odmmd 0.1.0" "$BIN/odmmd" -V
is "a full disk" "$("$BIN/odmmd" -h >/dev/full 2>&1; echo $?)" 2
gives "unknown option" 1 "$BIN/odmmd: invalid option -- 'x'
Try \"odmmd -h\"." "$BIN/odmmd" -x
gives "a word" 1 'Error: what is "frob"? Try "odmmd -h".' "$BIN/odmmd" frob
gives "no configuration" 1 "odmmd: $dir/none: No such file or directory" "$BIN/odmmd" -c "$dir/none"
gives "the same to --check" 1 "odmmd: $dir/none: No such file or directory" "$BIN/odmmd" --check -c "$dir/none"
gives "a folder" 1 "odmmd: $dir: Is a directory" "$BIN/odmmd" --check -c "$dir"

check "right" 0 "" "$pool"
check "over several lines, with comments" 0 "" "# one" "" "source pool # two" "   type fixed" "$(printf '\tdev lo')" "" \
	"# three" "  pool 2001:db8::/48" "name x"
check "types" 0 "" "source pool type fixed,session-lasting,non-persistent,graceful-replacement dev lo pool 2001:db8::/48"
check "all its words" 0 "" "$pool home lo sub-len 60 limit 10 valid_lft forever preferred_lft 100"
check "claim-dev" 0 "" "claim-dev lo lo" "$pool"
check "no statement" 1 "1: what is \"frob\"? Try \"odmmd -h\"." frob "$pool"
check "a kind" 1 '2: argument "magic" is wrong: no source; "odmmd -h" has those there are' "$pool" "source magic"
check "a word of no source" 1 '4: what is "colour"? Try "odmmd -h".' "$pool" "source pool" "  dev lo" "  colour blue"
check "twice" 1 "2: dev is given twice" "$pool" "source pool dev lo dev lo"
check "no type" 1 "1: source pool: type TYPE is required" "source pool dev lo pool 2001:db8::/48"
check "type none" 1 "1: source pool: type TYPE is required" "source pool type none dev lo pool 2001:db8::/48"
check "no dev" 1 "1: source pool: dev DEV is required" "source pool type fixed pool 2001:db8::/48"
check "no pool" 1 "1: source pool: pool PREFIX is required" "source pool type fixed dev lo"
check "a pool that is none" 1 "1: a pool has a length from 16 to 64" "source pool type fixed dev lo pool 2001:db8::/80"
check "no such dev" 1 '1: cannot find device "nonesuch"' "source pool type fixed dev nonesuch pool 2001:db8::/48"
check "a lifetime" 1 '1: argument "0" is wrong: valid_lft is at least 1; "odmm prefix del" ends a prefix' "$pool valid_lft 0"
check "no command" 1 "1: source exec: command /PATH is required" "source exec type fixed dev lo"
check "a command without path" 1 "1: source exec: command /PATH is required" "source exec type fixed dev lo command true"
check "no time" 1 "1: source exec: timeout and parallel are at least 1" \
	"source exec type fixed dev lo command /bin/true timeout 0"
dhcpv6="source dhcpv6 type fixed dev lo"
check "DHCPv6" 0 "" "$dhcpv6"
check "all its words" 0 "" "$dhcpv6 home lo timeout 3600 rate 20000 duid 00:02:00:00:7e:d9:01 enterprise 4294967295" \
	"  type-option 65535 types-option 65534 grace-option 65533 prefix-option 65001"
check "patience" 1 "1: source dhcpv6: timeout is from 1 to 3600" "$dhcpv6 timeout 0"
check "too much of it" 1 "1: source dhcpv6: timeout is from 1 to 3600" "$dhcpv6 timeout 3601"
check "no rate" 1 "1: source dhcpv6: rate is from 1 to 20000" "$dhcpv6 rate 0"
check "a DUID" 1 '1: argument "0001" is wrong: a DUID is 3 to 130 octets in hexadecimal' "$dhcpv6 duid 0001"
check "no code" 1 "1: source dhcpv6: type-option is from 1 to 65535" "$dhcpv6 type-option 0"
check "a large code" 1 "1: source dhcpv6: prefix-option is from 1 to 65535" "$dhcpv6 prefix-option 65536"
check "a code of two" 1 "1: source dhcpv6: each option has a code of its own" "$dhcpv6 grace-option 2"
check "a name" 1 '1: argument "a-name-that-is-long" is wrong: a name has at most 15 characters' "name a-name-that-is-long"
check "no source" 1 "3: there is no source" "name x" ""
check "begins with a blank" 1 "1: a statement begins at the beginning of a line" " $pool"
check "too many words" 1 "1: a statement has at most 256 words" "claim-dev $(printf 'lo %.0s' {1..256})"
check "too many links" 1 "1: at most 64 claim-dev" "claim-dev $(printf 'lo %.0s' {1..65})"
mapfile -t sources < <(yes "$pool" | head -n 65)
check "too many sources" 1 "65: at most 64 sources" "${sources[@]}"
: >"$conf"
gives "empty" 1 "odmmd: $conf: empty" "$BIN/odmmd" --check -c "$conf"
sed 's/eth0/lo/' "$(dirname "$0")/../etc/odmmd.conf" >"$conf"
gives "the example" 0 "" "$BIN/odmmd" --check -c "$conf"
printf 'name\0name' >"$conf"
gives "bytes that are no text" 1 "odmmd: $conf:1: command line is not complete: NAME is missing. Try \"odmmd -h\"." \
	"$BIN/odmmd" --check -c "$conf"

echo "$pool" >"$conf"
if [[ -e /sys/module/odmm ]]; then
	skip "the module is missing" "it is loaded"
else
	gives "the module is missing" 2 "odmm: the kernel module is not loaded: modprobe odmm" \
		"$BIN/odmmd" -c "$conf" -s "$dir/state"
fi

unit=$dir/odmmd.service
sed "s|@BINDIR@|$BIN|" "$(dirname "$0")/../odmmd/odmmd.service.in" >"$unit"
gives "the unit" 0 "" systemd-analyze verify --man=no "$unit"
is "what it may do" "$(sed -n 's/^CapabilityBoundingSet=//p' "$unit")" "CAP_NET_ADMIN CAP_NET_RAW"

done_testing
