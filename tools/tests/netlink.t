#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# What odmm asks the kernel for, and how it shows what the kernel says, with a
# fake of it: "cmd NUMBER ATTRIBUTE=VALUE..." is the request.

set -u
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"

odmm=$OBJ/tests/odmm-fake
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
p=2001:db8:51::/64
attrs="1=20010db8005100000000000000000000 2=64"

# wrong NAME MESSAGE WORD...: a usage error
wrong()
{
	local name=$1 text=$2
	shift 2
	gives "$name" 1 "Error: $text" "$odmm" "$@"
}

# asks REQUEST WORD...
asks()
{
	local request=$1
	shift
	gives "odmm $*" 0 "cmd $request" "$odmm" "$@"
}

# sets ATTRIBUTES WORD...: in one message
sets()
{
	local wanted=$1
	shift
	asks "15 $wanted" policy set "$@"
}

asks "17 $attrs" prefix withdraw $p
asks "17 $attrs 16=0" prefix withdraw $p grace 0
asks "17 $attrs 16=60 15=" prefix withdraw $p force grace 60
asks "17 $attrs 16=4294967295" prefix w $p grace forever
FAKE_ERROR=16 gives "a refusal has the words of the kernel" 2 "cmd 17 $attrs
Error: odmm: the words of the kernel: Device or resource busy" "$odmm" prefix withdraw $p

gives "prefix: end, uid and bytes" 0 "cmd 1
type session-lasting state gone end link-removed uid 1000 bytes 5000" "$odmm" prefix
gives "prefix: the same in JSON" 0 'cmd 1
[{"type":"session-lasting","state":"gone","end":"link-removed","uid":1000,"bytes":5000}]' \
	"$odmm" -j prefix
gives "session: lifetime and flag" 0 "cmd 13
id 1 type graceful-replacement on-net events lifetime 600" "$odmm" session

namespace="sessions 64 pending 32 held 8 on-net-rate none on-net-burst 5 requests-max 100 prefixes-max 200 default-types none rfc5014 off"
fixed="type fixed access group 100-200 linger forever grace 0 max-age none max-bytes none timeout none abort on share uid"
session="type session-lasting access capability net_admin timeout 30000 abort off share all"
gives "policy show" 0 "cmd 16
$namespace
$fixed
$session" "$odmm" policy show
gives "policy show of a type" 0 "cmd 16
$session" "$odmm" policy show type session-lasting
gives "policy in JSON" 0 'cmd 16
[{"type":"fixed","access":"group","group":{"min":100,"max":200},"linger":4294967295,"grace":0,"max-age":0,"max-bytes":0,"timeout":4294967295,"abort":true,"share":"uid"}]' \
	"$odmm" -j policy list type fixed

# A line that was shown can be given back.
# shellcheck disable=SC2086
sets "14=64 15=32 16=8 17=0 18=5 19=100 20=200 21=0 22=0" $namespace
# shellcheck disable=SC2086
sets "2=1 7=4294967295 8=0 9=0 10=0 11=4294967295 12=1 13=1 3=1 4=100 5=200" $fixed
# shellcheck disable=SC2086
sets "2=2 11=30000 12=0 13=0 3=2 6=12" $session

sets "7=60 14=5" linger 60 sessions 5
sets "3=0" access all
sets "3=1 4=0 5=0" access group root
sets "3=1 4=0 5=7" access group root-7
sets "3=1 4=5 5=5" access group 5
for word in net_admin cap_net_admin CAP_NET_ADMIN 12; do
	sets "3=2 6=12" access capability $word
done
sets "3=2 6=40" access cap checkpoint_restore
for size in 1048576 1024k 1024K 1M 1m; do
	sets "10=1048576" max-bytes $size
done
sets "10=9895604649984" max-bytes 9T
sets "10=0" max-bytes none
sets "2=4 12=0 13=0" type graceful-replacement abort off share all
sets "21=10" default-types fixed,non-persistent
sets "21=30" default-types f,s,n,g
sets "22=1" rfc5014 on
printf '00112233445566778899aabbccddeeff\n' >"$dir/secret"
gives "secret as it was" 0 "cmd 15 1=00112233445566778899aabbccddeeff" \
	"$odmm" policy set secret "$dir/secret"
gives "secret beside others" 0 "cmd 15 7=5 1=00112233445566778899aabbccddeeff" \
	"$odmm" policy set secret "$dir/secret" linger 5
FAKE_ERROR=1 gives "policy: a refusal has the words of the kernel" 2 "cmd 15 14=5
Error: odmm: the words of the kernel: Operation not permitted" "$odmm" policy set sessions 5

for words in set "set type fixed"; do
	# shellcheck disable=SC2086
	wrong "policy $words" 'command line is not complete: KEY is missing. Try "odmm policy help".' \
		policy $words
done
wrong "policy: key without value" \
	'command line is not complete: linger is missing. Try "odmm policy help".' policy set linger
wrong "policy: unknown key" 'what is "frob"? Try "odmm policy help".' policy set linger 5 frob 6
wrong "policy: key twice" 'linger is given twice' policy set linger 5 linger 6
wrong "policy: access twice" 'access is given twice' policy set access all access all
wrong "policy: secret twice" 'secret is given twice' policy set secret x secret y
for key in sessions pending held on-net-rate on-net-burst requests-max prefixes-max; do
	wrong "policy: $key of a type" "$key is one for all types" policy set $key 1 type fixed
done
wrong "policy: default-types of a type" 'default-types is one for all types' \
	policy set type fixed default-types none
wrong "policy: rfc5014 of a type" 'rfc5014 is one for all types' policy set type fixed rfc5014 on
wrong "policy: secret of a type" 'secret is one for all types' \
	policy set type fixed secret "$dir/none" create
is "nothing was made" "$(ls "$dir")" secret

# bad KEY VALUE WHY
bad()
{
	wrong "policy set $1 $2" "argument \"${2##* }\" is wrong: $3" policy set "$1" "${@:4}"
}
number='not a number'
bad linger x "$number" x
bad grace none "$number" none
bad max-age forever "$number" forever
bad timeout -1 "$number" -1
bad timeout 4294967296 'too big' 4294967296
bad sessions none "$number" none
size='not a size; write 1000, 64K, 10M, 2G or 1T'
for value in x K 1KB 1P -1 0x10 1.5G ''; do
	bad max-bytes "$value" "$size" "$value"
done
bad max-bytes 16777216T 'too big' 16777216T
bad max-bytes 18446744073709551616 'too big' 18446744073709551616
for value in o yes 1 ''; do
	bad abort "$value" 'on or off is expected' "$value"
done
bad share gid 'all or uid is expected' gid
types='no type; there are fixed, session-lasting, non-persistent and graceful-replacement'
bad default-types frob "$types" frob
bad default-types '' "$types" fixed,
bad default-types "$(printf '%0200d' 0)" "$types" "$(printf '%0200d' 0)"
bad access frob 'all, group or capability is expected' frob
bad access 'group frob' 'no such group' group frob
bad access 'group 7-3' 'the first group is behind the last' group 7-3
bad access 'group ' 'no such group' group ''
bad access 'capability frob' 'no capability; write net_admin, cap_net_admin or 12' capability frob

done_testing
