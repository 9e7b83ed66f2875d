#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Router advertisements with typed prefixes: what is read out of them, what is
# not believed, and what follows for the prefixes there are.

set -u
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"

ra=$OBJ/tests/ra
prefix=20010db8005100000000000000000000
other=20010db8005200000000000000000000

# head LIFETIME: a router advertisement without options
head()
{
	printf '8600000040%02x%04x0000000000000000' 0 "$1"
}

# option NUMBER LENGTH PREFIX-LENGTH TYPE VALID PREFERRED [PREFIX [MAGIC]]
option()
{
	printf '%02x%02x%02x%02x%08x%08x%08x%s' "$1" "$2" "$3" "$4" "$5" "$6" "${8:-0x4f444d4d}" "${7:-$prefix}"
}

# pio PREFIX-LENGTH FLAGS VALID PREFERRED RESERVED [PREFIX]
pio()
{
	option 3 4 "$1" "$2" "$3" "$4" "${6:-$prefix}" "$5"
}

typed()
{
	option 253 4 64 2 "$@"
}

# reads NAME WANTED HEX [FORMAT]: from a router of the link
reads()
{
	# shellcheck disable=SC2086
	gives "$1" 0 "$2" "$ra" parse ${4:-option 253} 255 fe80::1 "$3"
}

# is_bad NAME FAULT HEX
is_bad()
{
	reads "$1" "$2, 0 prefixes" "$3"
}

good=$(head 1800)$(typed 3600 1800)
said="lifetime 1800
prefix 2001:db8:51::/64 type 2 valid 3600 preferred 1800"
none="lifetime 1800"

reads "a typed option" "$said" "$good"
reads "as 254, if that is the number" "$said" "$(head 1800)$(option 254 4 64 2 3600 1800)" "option 254"
reads "of another number" "$none" "$good" "option 254"
reads "of another experiment" "$none" "$(head 1800)$(typed 3600 1800 $prefix 0x12345678)"
reads "a short one of another experiment" "$none" "$(head 1800)fd01000000000000"
for type in 1 2 3 4; do
	reads "type $type" "${said/type 2/type $type}" "$(head 1800)$(option 253 4 64 $type 3600 1800)"
	reads "type $type beside the flags of a PIO" "${said/type 2/type $type}" \
		"$(head 1800)$(pio 64 $((0x80 | type)) 3600 1800 0)" pio-flags
	reads "type $type in the reserved word of a PIO" "${said/type 2/type $type}" \
		"$(head 1800)$(pio 64 128 3600 1800 $type)" pio-reserved
done
for type in 0 5 7 8 10 15; do
	reads "bits $type beside the flags of a PIO are no type" "${said/type 2/type 0}" \
		"$(head 1800)$(pio 64 $((0x80 | type)) 3600 1800 0)" pio-flags
done
reads "nor is a large number in its reserved word" "${said/type 2/type 0}" \
	"$(head 1800)$(pio 64 128 3600 1800 0x01000002)" pio-reserved
reads "nor are those bits, if they are not where the type is" "${said/type 2/type 0}" \
	"$(head 1800)$(pio 64 130 3600 1800 2)"
reads "a PIO for autoconfiguration" "lifetime 1800
autonomous 2001:db8:51::/64 type 0 valid 3600 preferred 1800" "$(head 1800)$(pio 64 192 3600 1800 0)"
reads "a PIO, and its type" "$said" "$(head 1800)$(pio 64 192 60 50 0)$(typed 3600 1800)"
reads "a type, and its PIO" "$said" "$(head 1800)$(typed 3600 1800)$(pio 64 192 60 50 0)"
reads "several prefixes, and where the router is" "$none
lladdr 02:00:00:00:00:fe
prefix 2001:db8:51::/64 type 2 valid 3600 preferred 1800
prefix 2001:db8:52::/64 type 3 valid 60 preferred 60" \
	"$(head 1800)01010200000000fe$(typed 3600 1800)$(option 253 4 64 3 60 60 $other)"
reads "for ever" "lifetime 0
prefix 2001:db8:51::/64 type 2 valid 4294967295 preferred 4294967295" "$(head 0)$(typed 0xffffffff 0xffffffff)"
reads "bits behind the length count for nothing" "$said" \
	"$(head 1800)$(typed 3600 1800 ${prefix/%0000/beef})"
reads "options that nobody knows" "$said" "$(head 1800)ff01000000000000${good#"$(head 1800)"}0e020000000000000000000000000000"
reads "a link-local PIO is passed over" "$none" "$(head 1800)$(pio 64 192 60 50 0 fe80${prefix:4})"

gives "hop limit 64" 0 "hop-limit, 0 prefixes" "$ra" parse option 253 64 fe80::1 "$good"
gives "hop limit 254" 0 "hop-limit, 0 prefixes" "$ra" parse option 253 254 fe80::1 "$good"
for source in 2001:db8::1 :: ::1 ff02::1 fec0::1; do
	gives "source $source" 0 "source, 0 prefixes" "$ra" parse option 253 255 $source "$good"
done
is_bad "code 1" code "8601${good:4}"
is_bad "a router solicitation" kind "85${good:2}"
is_bad "nothing" kind ""
is_bad "15 bytes" short "$(head 1800 | cut -c 1-30)"
is_bad "1 byte" short 86
is_bad "an option of length 0" option-length "${good}ff00000000000000"
is_bad "an option beyond the end" option-length "${good}ff02000000000000"
is_bad "one byte of an option" option-length "${good}ff"
is_bad "7 bytes of an option" option-length "${good}ff010000000000"
is_bad "a typed option of 40 bytes" option-length "$(head 1800)$(option 253 5 64 2 60 50)0000000000000000"
is_bad "a PIO of 40 bytes" option-length "$(head 1800)$(option 3 5 64 0 60 50)0000000000000000"
is_bad "a PIO of 8 bytes" option-length "$(head 1800)0301404000000000"
for len in 0 63 65 128 129 255; do
	is_bad "a typed /$len" prefix-length "$(head 1800)$(option 253 4 $len 2 60 50)"
done
is_bad "an untyped /129" prefix-length "$(head 1800)$(pio 129 192 60 50 0)"
for p in fe80 febf ff02; do
	is_bad "a typed $p::/64" not-unicast "$(head 1800)$(typed 60 50 ${p}0000000000000000000000000000)"
done
is_bad "a typed ::/64" not-unicast "$(head 1800)$(typed 60 50 00000000000000000000000000000000)"
is_bad "preferred for longer than valid" lifetimes "$(head 1800)$(typed 50 51)"
is_bad "valid for some time, preferred for ever" lifetimes "$(head 1800)$(typed 50 0xffffffff)"
for type in 0 5 6 7 255; do
	is_bad "type $type" reserved-type "$(head 1800)$(option 253 4 64 $type 60 50)"
done
is_bad "a prefix of two types" twice "$good$(option 253 4 64 3 60 50)"
many=$(head 1800)
for ((i = 0; i < 64; i++)); do
	many+=$(typed 60 50 "20010db8$(printf %08x $i)0000000000000000")
done
is "64 prefixes" "$("$ra" parse option 253 255 fe80::1 "$many" | grep -c ^prefix)" 64
is_bad "65 prefixes" too-many "$many$(typed 60 50)"
is_bad "one bad option after good ones" lifetimes "$good$(typed 50 51 $other)"

a=2001:db8:51::/64 b=2001:db8:52::/64

# plays NAME WANTED WORD...
plays()
{
	local name=$1 wanted=$2
	shift 2
	gives "$name" 0 "$wanted" "$ra" play "$@"
}

# line WHAT VALID PREFERRED [PREFIX [TYPE]]
line()
{
	echo "$1 ${4:-$a} type ${5:-2} valid $2 preferred $3"
}

# hear LIFETIME VALID PREFERRED [PREFIX [TYPE [ROUTER]]]
hear()
{
	echo "hear ${6:-fe80::1} $1 ${4:-$a} ${5:-session-lasting} $2 $3 end"
}

# shellcheck disable=SC2046,SC2086
{
plays "announced: added, then refreshed" "$(line add 3600 1800)
$(line change 3600 1800)
1 left, refused 0, next 1900" $(hear 1800 3600 1800) at 100 $(hear 1800 3600 1800)
plays "preferred 0: deprecated at once" "$(line add 3600 1800)
$(line change 3600 0)
1 left, refused 0, next 1810" $(hear 1800 3600 1800) at 10 $(hear 1800 3600 0)
plays "preferred again" "$(line add 3600 1800)
$(line change 3600 0)
$(line change 3600 60)
1 left, refused 0, next 1800" $(hear 1800 3600 1800) $(hear 1800 3600 0) $(hear 1800 3600 60)
plays "valid 0 is not believed" "$(line add 86400 1800)
$(line change 7200 0)
1 left, refused 0, next 1800" $(hear 1800 86400 1800) $(hear 1800 0 0)
plays "nor is a minute" "$(line add 86400 1800)
$(line change 7200 60)
1 left, refused 0, next 1800" $(hear 1800 86400 1800) $(hear 1800 60 60)
plays "for less than two hours it is not touched" "$(line add 3600 1800)
$(line change 3500 0)
$(line change 3400 50)
1 left, refused 0, next 2000" $(hear 1800 3600 1800) at 100 $(hear 1800 0 0) at 200 $(hear 1800 60 50)
plays "more than two hours, and more than is left, is believed" "$(line add 86400 1800)
$(line change 7201 50)
$(line change 7203 50)
1 left, refused 0, next 1900" $(hear 1800 86400 1800) at 100 $(hear 1800 7201 50) $(hear 1800 7203 50)
plays "for ever, and two hours later" "$(line add 4294967295 4294967295)
$(line change 7200 60)
1 left, refused 0, next 1800" $(hear 1800 4294967295 4294967295) $(hear 1800 60 60)
plays "a trusted router is believed" "$(line add 86400 1800)
$(line change 60 60)
$(line withdraw 60 0)
0 left, refused 0" trusted $(hear 1800 86400 1800) $(hear 1800 60 60) $(hear 1800 0 0)
plays "trusted, but held" "$(line add 86400 1800)
$(line held 86400 0)
$(line change 86400 0)
1 left, refused 0, next 1800" trusted held $(hear 1800 86400 1800) $(hear 1800 0 0)
plays "deprecated from the start" "0 left, refused 0" $(hear 1800 3600 0) $(hear 1800 0 0)
plays "by one that is no default router" "0 left, refused 0" $(hear 0 3600 1800)
plays "its router is none any more" "$(line add 3600 1800)
$(line change 3590 0)
$(line change 3600 1800)
1 left, refused 0, next 1820" $(hear 1800 3600 1800) at 10 hear fe80::1 0 end \
	at 20 $(hear 1800 3600 1800)
plays "its router has not been heard" "$(line add 3600 1800)
$(line change 2700 0)
1 left, refused 0" $(hear 900 3600 1800) at 899 expire at 900 expire at 901 expire
plays "its router goes on, without a word of it" "$(line add 3600 1800)
1 left, refused 0, next 1500" $(hear 900 3600 1800) at 600 hear fe80::1 900 end at 1000 expire
plays "another router is none any more" "$(line add 3600 1800)
1 left, refused 0, next 1800" $(hear 1800 3600 1800) hear fe80::2 0 end
plays "another router announces it too" "$(line add 3600 1800)
$(line change 3600 1800)
1 left, refused 0, next 1800" $(hear 1800 3600 1800) $(hear 1800 3600 1800 $a session-lasting fe80::2) \
	at 10 hear fe80::1 0 end
plays "of another type" "$(line add 3600 1800)
1 left, refused 1, next 1800" $(hear 1800 3600 1800) $(hear 1800 3600 1800 $a fixed)
plays "for SLAAC, which is not asked for" "0 left, refused 0" $(hear 1800 3600 1800 $a slaac)
plays "for SLAAC, which counts as non-persistent" "$(line add 3600 1800 $a 3)
1 left, refused 0, next 1800" plain non-persistent $(hear 1800 3600 1800 $a slaac)
plays "no room" "$(line 'no room for' 3600 1800)
$(line 'no room for' 3600 1800)
0 left, refused 2" full $(hear 1800 3600 1800) $(hear 1800 3600 1800)
words="" wanted=""
for i in 1 2 3 4 5 6 7 8; do
	words+=" $(hear 1800 3600 1800 2001:db8:$i::/64)"
	wanted+="$(line add 3600 1800 2001:db8:$i::/64)
"
done
plays "at most eight" "${wanted}ours
$(line add 3600 1800)
8 left, refused 1, next 1800" $words $(hear 1800 3600 1800) gone 2001:db8:3::/64 $(hear 1800 3600 1800)
plays "gone, and announced again" "$(line add 3600 1800)
ours
not ours
$(line add 3600 1800)
1 left, refused 0, next 1800" $(hear 1800 3600 1800) gone $a gone $a $(hear 1800 3600 1800)
plays "elsewhere: what is not announced there is withdrawn" "$(line add 3600 1800)
$(line add 3600 1800 $b 3)
$(line change 3600 1800)
$(line withdraw 3590 0 $b 3)
1 left, refused 0, next 1810" $(hear 1800 3600 1800) $(hear 1800 3600 1800 $b non-persistent) \
	movement at 10 $(hear 1800 3600 1800) elsewhere
plays "elsewhere: all of them" "$(line add 3600 1800)
$(line add 3600 1800 $b)
$(line withdraw 3600 0 $b)
$(line withdraw 3600 0)
0 left, refused 0" $(hear 1800 3600 1800) $(hear 1800 3600 1800 $b) movement elsewhere
plays "elsewhere: held ones are deprecated, and come back" "$(line add 3600 1800)
$(line held 3600 0)
$(line change 3600 0)
$(line change 3600 1800)
1 left, refused 0, next 1800" held $(hear 1800 3600 1800) movement elsewhere movement $(hear 1800 3600 1800) elsewhere
plays "back from the time before the program began" "$(line change 1800 0)
1 left, refused 0" adopt $a session-lasting 3600 1800 at 1800 expire
}

done_testing
