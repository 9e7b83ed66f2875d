#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# DHCPv6 for prefixes of a type: what is written, what is read out of answers and
# what is not believed, when it is sent, and what follows.

set -u
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"

dhcp6=$OBJ/tests/dhcp6
prefix=20010db8005100000000000000000000
other=20010db8005200000000000000000000
a=2001:db8:51::/64
b=2001:db8:52::/64
c=2001:db8:53::/64

# --- What is written; Solicit, Reply and refusal are as Kea 2.2 has them ---

# writes NAME WANTED WORDS...
writes()
{
	gives "$1" 0 "$2" "$dhcp6" "${@:3}"
}

client=000100030009cc
server=000200030009aa
wishes=0006000400520011
elapsed=000800020000
type2=0011000900007ed90001000102
none=0000000000000000

writes "a Solicit: IA without prefix, Rapid Commit, its type in a vendor option" \
	"01112233$client$elapsed${wishes}000e00000019000c00000401${none}0011000900007ed90001000104" \
	write 1 0x112233 4 1025
writes "a Request" "03000001$client$server$elapsed${wishes}0019002900000005${none}001a0019${none}40$prefix$type2" \
	write 3 1 2 5 $a
writes "a Release, without type and without wishes" \
	"08000001$client$server${elapsed}0019002900000005${none}001a0019${none}40$prefix" write 8 1 0 5 $a
writes "two prefixes" \
	"05000001$client$server$elapsed${wishes}0019004600000005${none}001a0019${none}40${prefix}001a0019${none}40$other$type2" \
	write 5 1 2 5 $a $b
writes "the type in an option of the prefix" \
	"01000001$client${elapsed}0006000600520011fde9000e00000019002e00000005${none}001a001e${none}00$none${none}fde9000102" \
	prefix-option 65001 write 1 1 2 5
writes "the same with a prefix" \
	"03000001$client$server${elapsed}0006000600520011fde90019002e00000005${none}001a001e${none}40${prefix}fde9000102" \
	prefix-option 65001 write 3 1 2 5 $a

if command -v tshark text2pcap >/dev/null; then
	pcap=$(mktemp)
	for kind in 1 3 5 6 8; do
		"$dhcp6" write $kind 1 2 5 $a $b
		"$dhcp6" prefix-option 65001 write $kind 1 2 5 $a
	done | sed 's/../ &/g; s/^/000000/' | text2pcap -q -6 fe80::1,ff02::1:2 -u 546,547 - "$pcap"
	is "tshark finds nothing malformed in them" \
		"$(tshark -r "$pcap" -Y '_ws.malformed || _ws.expert.severity == error' 2>/dev/null)" ""
	is "nor anything but DHCPv6" "$(tshark -r "$pcap" -Y 'dhcpv6.iaprefix.pref_addr == 2001:db8:51::' 2>/dev/null | wc -l)" 10
	rm "$pcap"
else
	skip "tshark finds nothing malformed in them" "there is no tshark"
fi

for text in 000100 00:01:00 "0001AbcD"; do
	writes "DUID $text" "$(tr -d : <<<"${text,,}")" duid "$text"
done
for text in "" 0001 000 00:01: 0001zz "00 01 02" "$(printf '00%.0s' {1..131})"; do
	writes "no DUID: ${text:0:20}" "" duid "$text"
done

# --- What is read ---

# option CODE HEX
option()
{
	printf '%04x%04x%s' "$1" $((${#2} / 2)) "$2"
}

# of_prefix VALID PREFERRED [LENGTH [PREFIX [OPTIONS]]]
of_prefix()
{
	option 26 "$(printf '%08x%08x%02x%s' "$2" "$1" "${3:-64}" "${4:-$prefix}")${5:-}"
}

# ia T1 T2 OPTIONS
ia()
{
	option 25 "$(printf '00000005%08x%08x' "$1" "$2")$3"
}

# vendor OPTIONS [ENTERPRISE]
vendor()
{
	option 17 "$(printf '%08x' "${2:-32473}")$1"
}

# reads NAME WANTED OPTIONS [WORDS...]: of a Reply to 0x010203 that names client and server
reads()
{
	gives "$1" 0 "$2" "$dhcp6" "${@:4}" parse "07010203$client$server$3"
}

# is_bad NAME FAULT OPTIONS
is_bad()
{
	reads "$1" "$2, 0 prefixes" "$3"
}

head="Reply 0x10203 client 0009cc server 0009aa"
type=$(vendor "$(option 1 02)")
good="$(ia 150 240 "$(of_prefix 600 300)")"
said="ia 5 t1 150 t2 240 $a valid 600 preferred 300"

reads "a prefix and its type" "$head type 2 $said" "$good$type"
reads "what the server knows, and its grace" "$head type 4 types 30 grace 30 $said" \
	"$good$(vendor "$(option 1 04)$(option 2 01020304)$(option 3 0000001e)")"
reads "types that it may know one day" "$head types 4 $said" "$good$(vendor "$(option 2 02ff20)")"
reads "of another enterprise" "$head $said" "$good$(vendor "$(option 1 02)" 4491)"
reads "of another enterprise, and of ours" "$head type 2 $said" "$good$(vendor ffff 4491)$type"
reads "a type that is none" "$head type 9 $said" "$good$(vendor "$(option 1 09)")"
reads "no prefix: what Kea says" "$head ia 5 ia-status 6" \
	"$(ia 0 0 "$(option 13 "0006$(printf 'Sorry, no prefixes could be allocated.' | od -An -v -tx1 | tr -d ' \n')")")"
reads "no prefix: an empty one" "$head ia 5 ia-status 6 ::/0" "$(ia 0 0 "$(of_prefix 0 0 0 $none$none)$(option 13 0006)")"
reads "failed" "$head status 1" "$(option 13 0001)"
reads "preference, Rapid Commit, SOL_MAX_RT" "$head preference 255 sol-max-rt 3600 rapid $said" \
	"$(option 7 ff)$(option 14 '')$(option 82 00000e10)$good"
reads "for ever" "$head ia 5 t1 4294967295 t2 4294967295 $a valid 4294967295 preferred 4294967295" \
	"$(ia 0xffffffff 0xffffffff "$(of_prefix 0xffffffff 0xffffffff)")"
reads "T1 without T2" "$head ia 5 t1 150 $a valid 600 preferred 300" "$(ia 150 0 "$(of_prefix 600 300)")"
reads "several prefixes" "$head ia 5 $a $b valid 600 preferred 300" \
	"$(ia 0 0 "$(of_prefix 0 0)$(of_prefix 600 300 64 $other)")"
reads "bits behind the length say nothing" "$head ia 5 $a valid 600 preferred 300" \
	"$(ia 0 0 "$(of_prefix 600 300 64 ${prefix/%0000/beef})")"
reads "options that nobody knows, of all places" "$head ia 5 $a valid 600 preferred 300" \
	"$(option 999 00)$(ia 0 0 "$(option 998 '')$(of_prefix 600 300 64 $prefix "$(option 997 0000)")")$(vendor "$(option 77 00)")"
reads "its type in an option of the prefix" "$head ia 5 $a valid 600 preferred 300 type 2" \
	"$(ia 0 0 "$(of_prefix 600 300 64 $prefix "$(option 65001 02)")")" prefix-option 65001
reads "where nobody looks for it" "$head ia 5 $a valid 600 preferred 300" \
	"$(ia 0 0 "$(of_prefix 600 300 64 $prefix "$(option 65001 02)")")"
gives "an Advertise" 0 "${head/Reply/Advertise} $said" "$dhcp6" parse "02010203$client$server$good"

for kind in 00 01 03 0a 0c 0d ff; do
	gives "kind $kind" 0 "kind, 0 prefixes" "$dhcp6" parse "${kind}010203$client$server$good"
done
whole=07010203
for n in 0 1 3; do
	gives "$n bytes" 0 "short, 0 prefixes" "$dhcp6" parse "${whole:0:2 * n}"
done
gives "by nobody" 0 "no-server, 0 prefixes" "$dhcp6" parse "07010203$client$good"
gives "to nobody" 0 "no-client, 0 prefixes" "$dhcp6" parse "07010203$server$good"
gives "it is to us" 0 yes "$dhcp6" is-to 0009cc "07010203$server$good$client"
for duid in 0009cd 0009cc00 0009; do
	gives "it is to $duid" 0 no "$dhcp6" is-to 0009cc "07010203$(option 1 $duid)"
done
gives "it is to nobody, as far as that can be read" 0 yes "$dhcp6" is-to 0009cc "07010203${server}0001ffff"
is_bad "half an option" option-length "${good}001100"
is_bad "an option beyond the end" option-length "${good}0011ffff"
is_bad "beyond the end of its IA" option-length "$(ia 0 0 001a001a00)$good"
is_bad "an IA of 11 bytes" option-length "$(option 25 0000000500000000000000)"
is_bad "a prefix of 24 bytes" option-length "$(ia 0 0 "$(option 26 000000000000000040${prefix%00})")"
is_bad "an option beyond the end of its prefix" option-length "$(ia 0 0 "$(of_prefix 600 300 64 $prefix fde90002)")"
is_bad "a status of one byte" option-length "$(option 13 00)"
is_bad "a status of one byte in an IA" option-length "$(ia 0 0 "$(option 13 00)")"
is_bad "a preference of two" option-length "$(option 7 0000)"
is_bad "a SOL_MAX_RT of three" option-length "$(option 82 000000)"
is_bad "a vendor option of three" option-length "$(option 17 000000)"
is_bad "half an option of ours" option-length "$(vendor 000100)"
is_bad "a type of two bytes" option-length "$(vendor "$(option 1 0002)")"
is_bad "a type of none" option-length "$(vendor "$(option 1 '')")"
is_bad "a grace of one byte" option-length "$(vendor "$(option 3 1e)")"
gives "a DUID of two bytes" 0 "option-length, 0 prefixes" "$dhcp6" parse "07010203$(option 2 0001)"
gives "a DUID of 131 bytes" 0 "option-length, 0 prefixes" "$dhcp6" parse "07010203$(option 2 "$(printf '00%.0s' {1..131})")"
is_bad "two servers" twice "$(option 2 000100)"
is_bad "two clients" twice "$(option 1 000100)"
is_bad "two IAs" twice "$good$good"
is_bad "two types" twice "$type$type"
is_bad "a prefix twice" twice "$(ia 0 0 "$(of_prefix 600 300)$(of_prefix 600 300)")"
is_bad "a /129" prefix-length "$(ia 0 0 "$(of_prefix 600 300 129)")"
for p in fe80 febf ff02; do
	is_bad "a prefix $p::/64" not-unicast "$(ia 0 0 "$(of_prefix 600 300 64 ${p}0000000000000000000000000000)")"
done
is_bad "a prefix ::/64" not-unicast "$(ia 0 0 "$(of_prefix 600 300 64 $none$none)")"
is_bad "preferred for longer than valid" lifetimes "$(ia 0 0 "$(of_prefix 600 601)")"
is_bad "valid for some time, preferred for ever" lifetimes "$(ia 0 0 "$(of_prefix 600 0xffffffff)")"
is_bad "T1 behind T2" lifetimes "$(ia 241 240 "$(of_prefix 600 300)")"
is_bad "five prefixes" too-many \
	"$(ia 0 0 "$(for i in 1 2 3 4 5; do of_prefix 600 300 64 "20010db8005${i}00000000000000000000"; done)")"

# --- When it is sent: RFC 8415, 7.6 and 15 ---

writes "Solicit: 1 s, doubled" "0 1000 3000 7000 15000 next 31000" times solicit 1000 5
tail=$("$dhcp6" times solicit 1000 14)
is "Solicit: at most 3600 s apart" "${tail#*2047000 }" "4095000 7695000 next 11295000"
writes "Request: ten times, at most 30 s apart" "0 1000 3000 7000 15000 31000 61000 91000 121000 151000 over 181000" times request 1000 20
writes "Renew: 10 s, doubled, at most 600 s" "0 10000 30000 70000 150000 310000 630000 1230000 next 1830000" times renew 1000 8
writes "Rebind: the same" "0 10000 30000 70000 150000 310000 630000 1230000 next 1830000" times rebind 1000 8
writes "Release: four times" "0 1000 3000 7000 over 15000" times release 1000 20
writes "Rebind after a movement: as Confirm, 1 s, 4 s, 10 s in all" "0 1000 3000 7000 over 10000" times moved 1000 20
writes "RAND is a tenth more" "0 1100 3410 next 8261" times request 2000 3
writes "or a tenth less" "0 900 2610 next 5859" times request 0 3
writes "but not in the first time of a Solicit" "0 1100 3190 next 7161" times solicit 0 3

# --- What follows ---

# plays NAME WANTED WORDS
plays()
{
	local words
	read -d '' -ra words <<<"$3"
	gives "$1" 0 "$2" "$dhcp6" play "${words[@]}"
}

granted="get 2 5 hear reply rapid type 2 prefix $a 600 300 end"
got="0: Solicit #1 rapid type 2 ia 5
0: granted ia 5 $a valid 600 preferred 300"
renewed="type 2 prefix $a 600 300 end"

plays "Rapid Commit: two messages; T1 is half of the preferred lifetime" "$got
1 left, next 150000" "$granted"
plays "T1 as the server says" "$got
1 left, next 100000" "${granted/end/times 100 200 end}"
plays "but not later than the preferred lifetime" "$got
1 left, next 300000" "${granted/end/times 1000 2000 end}"
plays "for ever" "0: Solicit #1 rapid type 2 ia 5
0: granted ia 5 $a valid 4294967295 preferred 4294967295
1 left" "get 2 5 hear reply rapid type 2 prefix $a 4294967295 4294967295 end"
plays "four messages: the preference of 255 is not waited with" "0: Solicit #1 rapid type 2 ia 5
0: Request #2 server 0009aa type 2 ia 5 $a
0: granted ia 5 $a valid 600 preferred 300
1 left, next 150000" "get 2 5 hear advertise preference 255 type 2 prefix $a 600 300 end hear reply $renewed"
plays "the best of those who answer within the first second" "0: Solicit #1 rapid type 2 ia 5
1000: Request #2 server 0009bb type 2 ia 5 $b
1 left, next 2000" "get 2 5 hear advertise preference 1 $renewed hear advertise of 0009bb preference 2 type 2 prefix $b 600 300 end
	hear advertise of 0009dd preference 1 type 2 prefix $c 600 300 end run 1000"
plays "the first one that answers later" "0: Solicit #1 rapid type 2 ia 5
1000: Solicit #1 elapsed 100 rapid type 2 ia 5
1200: Request #2 server 0009aa type 2 ia 5 $a
1 left, next 2200" "get 2 5 run 1200 hear advertise preference 1 $renewed"
plays "one that has none, and one that has" "0: Solicit #1 rapid type 2 ia 5
1000: Request #2 server 0009aa type 2 ia 5 $a
1 left, next 2000" "get 2 5 hear advertise of 0009bb ia-status 6 end hear advertise $renewed run 1000"

plays "NoPrefixAvail: EADDRNOTAVAIL" "0: Solicit #1 rapid type 2 ia 5
0: refused ia 5 EADDRNOTAVAIL
0 left" "get 2 5 hear reply rapid ia-status 6 end"
plays "the same although it says the type" "0: Solicit #1 rapid type 2 ia 5
0: refused ia 5 EADDRNOTAVAIL
0 left" "get 2 5 hear reply rapid type 2 knows 2 ia-status 6 end"
plays "and does not know the type: EOPNOTSUPP" "0: Solicit #1 rapid type 2 ia 5
0: refused ia 5 EOPNOTSUPP
0 left" "get 2 5 hear reply rapid knows 1 ia-status 6 end"
plays "all who answer within the first second have none" "0: Solicit #1 rapid type 2 ia 5
1000: refused ia 5 EADDRNOTAVAIL
0 left" "get 2 5 hear advertise ia-status 6 end hear advertise prefix $a 600 300 end run 1000"
plays "no IA, a failure: none" "0: Solicit #1 rapid type 2 ia 5
0: refused ia 5 EADDRNOTAVAIL
0: Solicit #2 rapid type 2 ia 6
0: refused ia 6 EADDRNOTAVAIL
0 left" "get 2 5 hear reply rapid no-ia end get 2 6 hear reply rapid status 1 end"
for is in "" "type 3"; do
	plays "a server that ignores types (${is:-none}): it gets it back, sent until it answers" "0: Solicit #1 rapid type 2 ia 5
0: Release #2 server 0009aa ia 5 $a
0: refused ia 5 EOPNOTSUPP
1000: Release #2 server 0009aa elapsed 100 ia 5 $a
0 left" "get 2 5 hear reply rapid $is prefix $a 600 300 end run 1000 hear reply end"
	plays "the same in its Advertise (${is:-none}): no Request" "0: Solicit #1 rapid type 2 ia 5
0: refused ia 5 EOPNOTSUPP
0 left" "get 2 5 hear advertise preference 255 $is prefix $a 600 300 end"
done
plays "nobody answers" "0: Solicit #1 rapid type 2 ia 5
1000: Solicit #1 elapsed 100 rapid type 2 ia 5
3000: Solicit #1 elapsed 300 rapid type 2 ia 5
7000: Solicit #1 elapsed 700 rapid type 2 ia 5
10000: refused ia 5 ETIMEDOUT
0 left" "get 2 5 run 20000"
plays "nobody takes it" "0: Solicit #1 rapid type 2 ia 5
0: not taken ia 5 $a valid 600 preferred 300
0: Release #2 server 0009aa ia 5 $a
0: refused ia 5 EADDRNOTAVAIL
1 left, next 1000" "refuse $granted"

plays "nobody waits any more: what comes is given back" "0: Solicit #1 rapid type 2 ia 5
500: Release #2 server 0009aa ia 5 $a
1 left, next 1500" "get 2 5 abandon run 500 hear reply rapid $renewed"
plays "asked for again: by the same IA, what was on its way is not heard" "0: Solicit #1 rapid type 2 ia 5
500: Solicit #2 rapid type 2 ia 5
500: ignored: transaction
500: granted ia 5 $a valid 600 preferred 300
1 left, next 150500" "get 2 5 abandon run 500 get 2 5 hear reply id 3001 rapid $renewed hear reply rapid $renewed"
plays "and nothing more is asked" "0: Solicit #1 rapid type 2 ia 5
0 left" "get 2 5 abandon run 20000"

plays "renewed" "$got
150000: Renew #2 server 0009aa type 2 ia 5 $a
150000: changed ia 5 $a valid 600 preferred 300
1 left, next 300000" "$granted run 150000 hear reply $renewed"
plays "not renewed: bound to any server" "$got
150000: Renew #2 server 0009aa type 2 ia 5 $a
160000: Renew #2 server 0009aa elapsed 1000 type 2 ia 5 $a
180000: Renew #2 server 0009aa elapsed 3000 type 2 ia 5 $a
220000: Renew #2 server 0009aa elapsed 7000 type 2 ia 5 $a
240000: Rebind #3 type 2 ia 5 $a
240000: changed ia 5 $a valid 600 preferred 300
390000: Renew #4 server 0009bb type 2 ia 5 $a
1 left, next 400000" "$granted run 240000 hear reply of 0009bb $renewed run 390000"
plays "nor rebound: it lasts as long as it does" "$got
150000: Renew #2 server 0009aa type 2 ia 5 $a
160000: Renew #2 server 0009aa elapsed 1000 type 2 ia 5 $a
180000: Renew #2 server 0009aa elapsed 3000 type 2 ia 5 $a
220000: Renew #2 server 0009aa elapsed 7000 type 2 ia 5 $a
240000: Rebind #3 type 2 ia 5 $a
250000: Rebind #3 elapsed 1000 type 2 ia 5 $a
270000: Rebind #3 elapsed 3000 type 2 ia 5 $a
310000: Rebind #3 elapsed 7000 type 2 ia 5 $a
390000: Rebind #3 elapsed 15000 type 2 ia 5 $a
550000: Rebind #3 elapsed 31000 type 2 ia 5 $a
1 left" "$granted run 700000"
plays "the server has failed: asked again" "$got
150000: Renew #2 server 0009aa type 2 ia 5 $a
160000: Renew #2 server 0009aa elapsed 1000 type 2 ia 5 $a
1 left, next 180000" "$granted run 150000 hear reply status 1 end hear reply no-ia end run 160000"
plays "a Renew leaves out what it has forgotten: others are asked" "$got
150000: Renew #2 server 0009aa type 2 ia 5 $a
240000: Rebind #3 type 2 ia 5 $a
1 left, next 250000" "$granted run 150000 hear reply ia-status 6 end run 240000"
plays "it knows nothing of it: requested, not confirmed" "$got
150000: Renew #2 server 0009aa type 2 ia 5 $a
150000: Request #3 server 0009aa type 2 ia 5 $a
150000: not confirmed ia 5 $a valid 450 preferred 150
1 left" "$granted run 150000 hear reply ia-status 3 end hear reply ia-status 6 end"
plays "requested, and confirmed" "$got
150000: Renew #2 server 0009aa type 2 ia 5 $a
150000: Request #3 server 0009aa type 2 ia 5 $a
150000: changed ia 5 $a valid 600 preferred 300
1 left, next 300000" "$granted run 150000 hear reply ia-status 3 end hear reply $renewed"
plays "lifetime 0: it is over, and nobody has to be told" "$got
150000: Renew #2 server 0009aa type 2 ia 5 $a
150000: over ia 5 $a
0 left" "$granted run 150000 hear reply type 2 prefix $a 0 0 end gone $a"
plays "the answer states another type: what is new goes back, what there was is not confirmed" "$got
150000: Renew #2 server 0009aa type 2 ia 5 $a
150000: Release #3 server 0009aa ia 5 $b
2 left, next 151000" "$granted run 150000 hear reply type 3 prefix $a 600 300 prefix $b 600 300 end"

plays "given back" "$got
1000: Release #2 server 0009aa ia 5 $a
2000: Release #2 server 0009aa elapsed 100 ia 5 $a
4000: Release #2 server 0009aa elapsed 300 ia 5 $a
8000: Release #2 server 0009aa elapsed 700 ia 5 $a
0 left" "$granted run 1000 gone $a run 100000"
plays "any answer ends that" "$got
0: Release #2 server 0009aa ia 5 $a
0 left" "$granted gone $a hear reply status 3 end"
plays "one of two" "0: Solicit #1 rapid type 2 ia 5
0: granted ia 5 $a valid 600 preferred 300
0: granted ia 5 $b valid 600 preferred 300
0: Release #2 server 0009aa ia 5 $a
150000: Renew #3 server 0009aa type 2 ia 5 $b
1 left, next 160000" "get 2 5 hear reply rapid type 2 prefix $a 600 300 prefix $b 600 300 end gone $a hear reply end run 150000"
plays "while it is being renewed: the answer that would give it again is not heard" "0: Solicit #1 rapid type 2 ia 5
0: granted ia 5 $a valid 600 preferred 300
0: granted ia 5 $b valid 600 preferred 300
150000: Renew #2 server 0009aa type 2 ia 5 $a $b
150000: Release #3 server 0009aa ia 5 $a
150000: Renew #4 server 0009aa type 2 ia 5 $b
150000: ignored: transaction
2 left, next 151000" "get 2 5 hear reply rapid type 2 prefix $a 600 300 prefix $b 600 300 end run 150000 gone $a run 150000
	hear reply id 5003 $renewed"
plays "not of here" "not of here
0 left" "gone $a"

plays "moved: bound anew at once, by whoever is there" "$got
1000: Rebind #2 type 2 ia 5 $a
1000: changed ia 5 $a valid 600 preferred 300
1 left, next 151000" "$granted run 1000 moved hear reply of 0009bb $renewed"
plays "nobody answers: all goes on as before" "$got
1000: Rebind #2 type 2 ia 5 $a
2000: Rebind #2 elapsed 100 type 2 ia 5 $a
4000: Rebind #2 elapsed 300 type 2 ia 5 $a
8000: Rebind #2 elapsed 700 type 2 ia 5 $a
1 left, next 150000" "$granted run 1000 moved run 20000"
plays "it has not come along, another one is there" "$got
0: Rebind #2 type 2 ia 5 $a
0: over ia 5 $a
0: granted ia 5 $b valid 600 preferred 300
1 left, next 150000" "$granted moved hear reply type 2 prefix $a 0 0 prefix $b 600 300 end gone $a"
plays "it is not mentioned" "$got
0: Rebind #2 type 2 ia 5 $a
0: not confirmed ia 5 $a valid 600 preferred 300
1 left" "$granted moved hear reply ia-status 6 end"
plays "types are not known there" "$got
0: Rebind #2 type 2 ia 5 $a
0: Release #3 server 0009aa ia 5 $b
0: not confirmed ia 5 $a valid 600 preferred 300
2 left, next 1000" "$granted moved hear reply prefix $a 600 300 prefix $b 600 300 end"
plays "what was not confirmed there goes back to where it is from" "$got
0: Rebind #2 type 2 ia 5 $a
0: not confirmed ia 5 $a valid 600 preferred 300
0: Release #3 server 0009aa ia 5 $a
1 left, next 1000" "$granted moved hear reply of 0009bb ia-status 6 end gone $a"
plays "while one is asked for" "0: Solicit #1 rapid type 2 ia 5
0: Solicit #2 rapid type 2 ia 5
1 left, next 1000" "get 2 5 moved"

graceful="get 4 5 hear reply rapid type 4 prefix $a 600 300 end"
had="0: Solicit #1 rapid type 4 ia 5
0: granted ia 5 $a valid 600 preferred 300"
plays "graceful: no longer preferred, there is time for another" "$had
0: Rebind #2 type 4 ia 5 $a
0: changed ia 5 $a valid 30 preferred 0
0: fading ia 5
1 left" "$graceful moved hear reply type 4 prefix $a 30 0 end"
plays "the grace is said beside it" "$had
0: Rebind #2 type 4 ia 5 $a
0: changed ia 5 $a valid 30 preferred 0
0: fading ia 5
1 left" "$graceful moved hear reply type 4 grace 30 prefix $a 600 300 end"
plays "to ask again gives no more time" "$had
0: Rebind #2 type 4 ia 5 $a
0: changed ia 5 $a valid 30 preferred 0
0: fading ia 5
20000: Rebind #3 type 4 ia 5 $a
20000: changed ia 5 $a valid 10 preferred 0
20000: fading ia 5
1 left" "$graceful moved hear reply type 4 prefix $a 30 0 end run 20000 moved hear reply type 4 prefix $a 30 0 end"
plays "back where it is from it is as it was" "$had
0: Rebind #2 type 4 ia 5 $a
0: changed ia 5 $a valid 30 preferred 0
0: fading ia 5
20000: Rebind #3 type 4 ia 5 $a
20000: changed ia 5 $a valid 600 preferred 300
1 left, next 170000" "$graceful moved hear reply type 4 prefix $a 30 0 end run 20000 moved hear reply type 4 prefix $a 600 300 end"

plays "started again: what is held is bound anew, the rest given back, other types left alone" "adopted
not adopted
not adopted
0: Rebind #1 type 2 ia 5 $a
0: Release #2 server 0009aa ia 6 $b
0: changed ia 5 $a valid 600 preferred 300
2 left, next 150000" "remember 2 5 $a remember 2 6 $b remember 3 7 $c adopt 2 $a 100 50 adopt 2 $a 100 50 adopt 2 $c 100 50
	settle 2 hear reply iaid 6 id 7003 end hear reply iaid 5 id 3001 $renewed"

plays "started again, and nobody answers: renewed in time" "adopted
0: Rebind #1 type 2 ia 5 $a
1000: Rebind #1 elapsed 100 type 2 ia 5 $a
3000: Rebind #1 elapsed 300 type 2 ia 5 $a
7000: Rebind #1 elapsed 700 type 2 ia 5 $a
25000: Renew #2 server 0009aa type 2 ia 5 $a
1 left, next 35000" "remember 2 5 $a adopt 2 $a 100 50 settle 2 run 25000"

plays "no address to send from: sent as soon as there is" "0: Solicit cannot be sent
300: Solicit #1 rapid type 2 ia 5
300: granted ia 5 $a valid 600 preferred 300
1 left, next 150300" "mute get 2 5 run 300 loud resume hear reply rapid $renewed"
plays "what cannot be sent does not count as sent" "$got
0: Release cannot be sent
1000: Release cannot be sent
2000: Release cannot be sent
3000: Release cannot be sent
4000: Release cannot be sent
5000: Release cannot be sent
5500: Release #2 server 0009aa ia 5 $a
0 left" "$granted mute gone $a run 5500 loud resume hear reply end"
plays "and when nobody waits any more, not at all" "0: Solicit cannot be sent
0 left" "mute get 2 5 abandon"
plays "no more than so many messages in 20 s" "0: Solicit #1 rapid type 2 ia 5
0: Solicit #2 rapid type 2 ia 6
1000: Solicit #1 elapsed 100 rapid type 2 ia 5
1000: Solicit #2 elapsed 100 rapid type 2 ia 6
5000: Solicit #1 elapsed 500 rapid type 2 ia 5
10000: refused ia 5 ETIMEDOUT
10000: refused ia 6 ETIMEDOUT
0 left" "rate 4 get 2 5 get 2 6 run 30000"
plays "SOL_MAX_RT within its bounds, and beyond" "$got
1 left, next 150000" "${granted/end/sol-max-rt 60 sol-max-rt 59 end}"

plays "a Reply without Rapid Commit to a Solicit" "0: Solicit #1 rapid type 2 ia 5
0: ignored: kind
1 left, next 1000" "get 2 5 hear reply $renewed"
plays "an Advertise to a Renew" "$got
150000: Renew #2 server 0009aa type 2 ia 5 $a
150000: ignored: kind
1 left, next 160000" "$granted run 150000 hear advertise $renewed"
plays "of nobody's transaction, of another IA" "0: Solicit #1 rapid type 2 ia 5
0: ignored: transaction
0: ignored: other-ia
1 left, next 1000" "get 2 5 hear reply rapid id 7 $renewed hear reply rapid iaid 6 $renewed"
plays "of another server than was asked" "$got
150000: Renew #2 server 0009aa type 2 ia 5 $a
150000: ignored: other-server
1 left, next 160000" "$granted run 150000 hear reply of 0009bb $renewed"
plays "of a transaction that is over" "$got
0: ignored: transaction
1 left, next 150000" "$granted hear reply rapid $renewed"

done_testing
