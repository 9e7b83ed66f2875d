#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The command line of odmm: what it says before the kernel is asked.

set -u
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"

odmm=$BIN/odmm
objects=(prefix request agent session stats monitor setsc policy debug-report)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# wrong NAME MESSAGE WORD...: a usage error
wrong()
{
	local name=$1 text=$2
	shift 2
	gives "$name" 1 "Error: $text" "$odmm" "$@"
}

gives "no words: usage, to stderr" 1 "$("$odmm" help)" "$odmm"
is "nothing on stdout then" "$("$odmm" 2>/dev/null)" ""
for word in help -help -h --help; do
	gives "$word" 0 "$("$odmm" help)" "$odmm" "$word"
done
gives "version" 0 "odmm 0.1.0" "$odmm" -V
for object in "${objects[@]}"; do
	is "odmm $object help: its grammar" "$("$odmm" "$object" help | head -n 1 | cut -c 1-$((12 + ${#object})))" \
		"Usage: odmm $object"
	is "$object in odmm help" "$("$odmm" help | grep -cw -- "$object")" 1
done
gives "abbreviations" 0 "$("$odmm" session help)" "$odmm" ses h

wrong "unknown object" 'object "frob" is unknown, try "odmm help".' frob
wrong "unknown option" 'option "-x" is unknown, try "odmm -help".' -x
wrong "a dash" 'option "-" is unknown, try "odmm -help".' -
wrong "option without value" 'command line is not complete: NAME is missing. Try "odmm help".' -n
wrong "no such namespace" \
	'cannot open network namespace "odmm-no-such": No such file or directory' \
	-n odmm-no-such prefix
for object in prefix request agent session stats monitor policy debug-report; do
	wrong "$object: unknown word" "what is \"frob\"? Try \"odmm $object help\"." $object frob
done

p=2001:db8:51::/64
bad()
{
	wrong "prefix $1" "argument \"$1\" is wrong: $2" prefix add "$1" dev lo type fixed
}
bad 2001:db8:51:: 'no prefix length; write 2001:db8::/64'
bad 2001:db8:51::/ 'not an IPv6 prefix'
bad 2001:db8:51::/6x 'not an IPv6 prefix'
bad 2001:db8:51::/-1 'not an IPv6 prefix'
bad 192.0.2.0/24 'not an IPv6 prefix'
bad 2001:db8:::/64 'not an IPv6 prefix'
bad /64 'not an IPv6 prefix'
bad "$(printf '%080d' 0)/64" 'not an IPv6 prefix'
bad 2001:db8::/129 'not an IPv6 prefix'
bad 2001:db8::/4294967360 'not an IPv6 prefix'
bad 2001:db8:51::1/64 'bits are set behind the prefix length; write 2001:db8:51::/64'
bad 2001:db8:51:8000::/48 'bits are set behind the prefix length; write 2001:db8:51::/48'
bad ffff::/15 'bits are set behind the prefix length; write fffe::/15'

wrong "prefix add without dev" 'dev DEV is required' prefix add $p type fixed
wrong "prefix add without type" 'type TYPE is required' prefix add $p dev lo
wrong "prefix add, end of line" \
	'command line is not complete: PREFIX is missing. Try "odmm prefix help".' prefix add
wrong "keyword without value" \
	'command line is not complete: dev is missing. Try "odmm prefix help".' prefix add $p dev
wrong "no such device" 'cannot find device "odmm-none"' prefix add $p dev odmm-none type fixed
wrong "keyword twice" 'dev is given twice' prefix add $p dev lo dev lo
types='no type; there are fixed, session-lasting, non-persistent and graceful-replacement'
for type in 0 5 fixd -1 ''; do
	wrong "type \"$type\"" "argument \"$type\" is wrong: $types" prefix add $p dev lo type "$type"
done
wrong "lifetime 0" \
	'argument "0" is wrong: valid_lft is at least 1; "odmm prefix del" ends a prefix' \
	prefix add $p dev lo type fixed valid_lft 0
wrong "lifetime too big" 'argument "4294967296" is wrong: too big' \
	prefix add $p dev lo type fixed valid_lft 4294967296
for value in -1 12x x ' 5' ''; do
	wrong "lifetime \"$value\"" "argument \"$value\" is wrong: not a number" \
		prefix change $p preferred_lft "$value"
done
wrong "garbage behind del" 'what is "frob"? Try "odmm prefix help".' prefix del $p frob
wrong "withdraw, end of line" \
	'command line is not complete: PREFIX is missing. Try "odmm prefix help".' prefix withdraw
wrong "withdraw, grace" 'argument "x" is wrong: not a number' prefix withdraw $p grace x
wrong "withdraw, grace twice" 'grace is given twice' prefix withdraw $p grace 1 grace 2
wrong "garbage behind withdraw" 'what is "frob"? Try "odmm prefix help".' \
	prefix withdraw $p grace 0 force frob
wrong "cookie" 'argument "x" is wrong: not a number' request show x
wrong "cookie too big" 'argument "18446744073709551616" is wrong: too big' \
	request refuse 18446744073709551616
wrong "errno" 'argument "EFROB" is wrong: no error; there are the names of errno(3), unsupported, unavailable, denied and timeout' \
	request refuse 1 error EFROB
wrong "two cookies" 'two different cookies are given' request "done" 1 $p dev lo cookie 2

wrong "agent without groups" 'type TYPE is required' agent run
wrong "agent without pool" 'type fixed: pool PREFIX, refuse ERROR or stall is required' \
	agent run type fixed
wrong "agent without dev" 'type fixed: dev DEV is required' agent run type fixed pool $p
wrong "pool too long" 'a pool has a length from 16 to 64' \
	agent run type fixed pool 2001:db8::/65 dev lo
wrong "sub-len" 'sub-len is from the length of the pool to 64' \
	agent run type fixed pool 2001:db8::/48 sub-len 47 dev lo
printf '# groups\ntype fixed refuse denied # no\n\ntype ses stall frob\n' >"$dir/file"
wrong "agent file, unknown word" 'what is "frob"? Try "odmm agent help".' agent run file "$dir/file"
printf 'file x\n' >"$dir/file"
wrong "agent file in a file" 'a file cannot name a file' agent run file "$dir/file"
: >"$dir/file"
wrong "agent file, empty" "$dir/file: empty" agent run file "$dir/file"
wrong "agent file, none" "$dir/none: No such file or directory" agent run file "$dir/none"

wrong "setsc without type" \
	'command line is not complete: TYPE is missing. Try "odmm setsc help".' setsc
wrong "setsc, protocol" 'argument "sctp" is wrong: no protocol; there are tcp, udp, raw and icmp' \
	setsc fixed --proto sctp
wrong "setsc, timeout" 'argument "--timeout" is wrong: too big' setsc fixed --timeout 2147483648

digits=00112233445566778899aabbccddeeff
bad_secret()
{
	printf '%s' "$2" >"$dir/secret"
	wrong "secret: $1" "$dir/secret: not a secret: 32 hexadecimal digits are expected" \
		policy set secret "$dir/secret"
}
bad_secret "empty" ''
bad_secret "short" "${digits%f}"
bad_secret "long" "${digits}0"
bad_secret "long, with a line end" "$digits"$'0\n'
bad_secret "two lines" "$digits"$'\n\n'
bad_secret "no digits" "${digits%ff}xy"
wrong "secret: no file" "$dir/none: No such file or directory" policy set secret "$dir/none"
wrong "secret: cannot be made" "$dir/none/x: No such file or directory" \
	policy set secret "$dir/none/x" create
"$odmm" policy set secret "$dir/made" create >/dev/null 2>&1
is "secret: made with mode 600" "$(stat -c %a "$dir/made")" 600
made=$(<"$dir/made")
[[ $made =~ ^[0-9a-f]{32}$ ]]
is "secret: 32 digits" $? 0
"$odmm" policy set secret "$dir/made" create >/dev/null 2>&1
is "secret: not made again" "$(<"$dir/made")" "$made"
is "secret: nothing left behind" "$(echo "$dir"/made*)" "$dir/made"

missing='odmm: the kernel module is not loaded: modprobe odmm'
if [[ -d /sys/module/odmm ]]; then
	skip "the module is missing" "it is loaded"
else
	printf '%s\n' "$digits" >"$dir/secret"
	for words in prefix "-j prefix" "prefix sh" "prefix show $p" "prefix show dev lo type fix" \
		"prefix add $p dev lo type 2 home lo onlink valid_lft forever preferred_lft 0 origin x" \
		"prefix add $p type fixed cookie 7 dev lo" "prefix change $p dev lo" "prefix del $p force" \
		"prefix withdraw $p" "prefix withdraw $p force grace forever" \
		"prefix flush dev lo force" request "request show 1" "request accept" "request refuse 1" \
		"request refuse 1 error denied" "request refuse 1 error unsupported" \
		"request refuse 1 error unavailable" "request refuse 1 error timeout" \
		"request refuse 1 error EDQUOT" \
		"request done 1 $p dev lo" agent "agent run type fixed refuse denied" \
		"agent run type fixed pool 2001:db8::/40 sub-len 60 dev lo delay 1 limit 1 lie type ses count 1" \
		"agent run type f stall name x claim-dev lo claim-dev lo type s refuse timeout" \
		session "session list type ses uid 0" stats monitor "monitor prefix all" \
		policy "policy show type fix" "policy set linger 5" \
		"policy set secret $dir/secret"; do
		# shellcheck disable=SC2086
		gives "module missing: odmm ${words//"$dir"/DIR}" 2 "$missing" "$odmm" $words
	done
	gives "module missing: setsc" 2 \
"Error: odmm: fixed: Protocol not available (the kernel module is not loaded: modprobe odmm)" \
		"$odmm" setsc fixed
	is "module missing: nothing on stdout" "$("$odmm" -j prefix 2>/dev/null)" ""
fi

rc=0
"$odmm" help >/dev/full 2>"$dir/err" || rc=$?
is "a full disk is an error" "$rc $(<"$dir/err")" \
	"2 Error: odmm: write: No space left on device"

done_testing
