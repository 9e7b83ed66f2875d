#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check-config: which settings it misses in made-up configurations, and where it
# looks for one.

set -u
cd "$(dirname "$0")/../../.." || exit 1
# shellcheck source=../../../tools/tests/tap.sh
. tools/tests/tap.sh

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# All that is wanted, each as the first value that will do.
good()
{
	sed 's/#.*//' kmod/needs | while read -r option values _; do
		case $values in
		y*) echo "CONFIG_${option%%|*}=y" ;;
		n) echo "# CONFIG_$option is not set" ;;
		esac
	done
}

# with NAME LINE...: a good configuration, where LINEs take the place of others
with()
{
	local file=$dir/$1 line option
	shift
	good >"$file"
	for line; do
		option=$(grep -o 'CONFIG_[A-Z0-9_]*' <<<"$line")
		sed -i "/${option}[= ]/d" "$file"
		echo "$line" >>"$file"
	done
}

# says NAME EXIT-CODE MISSING: what is missing in the configuration of that name
says()
{
	local got rc=0
	got=$(selftests/check-config "$dir/$1" 2>&1) || rc=$?
	is "$1" "$(sed -n 's/^\([a-z]*: CONFIG_[^:]*\): .*/\1/p' <<<"$got") exit $rc" "$3 exit $2"
}

works="odmm works with this kernel"
broken="odmm does not work with this kernel; set what is required and build it anew, or take another one"

with complete
gives "a complete one" 0 "$dir/complete: $works" selftests/check-config "$dir/complete"
with "no netfilter" "# CONFIG_NETFILTER is not set"
says "no netfilter" 1 "required: CONFIG_NETFILTER is not set, must be y"
gives "it says what does not work then" 1 "required: CONFIG_NETFILTER is not set, must be y: there is no\
 way to add socket options
$dir/no netfilter: $broken" selftests/check-config "$dir/no netfilter"
with "a module where it must be built in" CONFIG_NETFILTER=m
says "a module where it must be built in" 1 "required: CONFIG_NETFILTER is m, must be y"
with "a module where that will do" CONFIG_IPV6=m
says "a module where that will do" 0 ""
with "neither" "# CONFIG_IPV6 is not set"
says "neither" 1 "required: CONFIG_IPV6 is not set, must be y or m"
with "set and must not be" CONFIG_TRIM_UNUSED_KSYMS=y
says "set and must not be" 1 "required: CONFIG_TRIM_UNUSED_KSYMS is y, must be not set"
with "optional" "# CONFIG_KRETPROBES is not set" CONFIG_PREEMPT_RT=y
says "optional" 0 "optional: CONFIG_KRETPROBES is not set, must be y
optional: CONFIG_PREEMPT_RT is y, must be not set"
is "it says that the rest works" "$(selftests/check-config "$dir/optional" | tail -n 1)" \
	"$dir/optional: $works, but for what is above"
with "both kinds" "# CONFIG_INET is not set" "# CONFIG_MODULE_UNLOAD is not set"
says "both kinds" 1 "required: CONFIG_INET is not set, must be y
optional: CONFIG_MODULE_UNLOAD is not set, must be y"
with "the other machine" "# CONFIG_X86_64 is not set" CONFIG_ARM64=y
says "the other machine" 0 ""
with "a third machine" "# CONFIG_X86_64 is not set"
says "a third machine" 0 "optional: CONFIG_X86_64 is not set, CONFIG_ARM64 is not set, must be y"
with "a longer name is another one" "# CONFIG_NET is not set" CONFIG_NETDEVICES=y
says "a longer name is another one" 1 "required: CONFIG_NET is not set, must be y"
: >"$dir/empty"
is "an empty one: each setting is told of but those that must not be set" \
	"$(selftests/check-config "$dir/empty" | grep -c ': CONFIG_')" \
	"$(grep -cE '^[A-Z].*[[:space:]](y|y,m)[[:space:]]' kmod/needs)"
gzip -k "$dir/complete"
gives "a compressed one" 0 "$dir/complete.gz: $works" selftests/check-config "$dir/complete.gz"

mkdir -p "$dir/tree/include/config"
export KDIR=$dir/tree
gives "KDIR without one" 2 "check-config: none of these is there: $KDIR/.config $KDIR/include/config/auto.conf" \
	selftests/check-config
cp "$dir/complete" "$KDIR/include/config/auto.conf"
gives "KDIR with what a build leaves" 0 "$KDIR/include/config/auto.conf: $works" selftests/check-config
cp "$dir/no netfilter" "$KDIR/.config"
gives "KDIR with .config, which comes first" 1 "required: CONFIG_NETFILTER is not set, must be y: there is no\
 way to add socket options
$KDIR/.config: $broken" selftests/check-config
gives "a file comes before KDIR" 0 "$dir/complete: $works" selftests/check-config "$dir/complete"
gives "no such file" 2 "check-config: cannot read $dir/nosuch" selftests/check-config "$dir/nosuch"
gives "a folder" 2 "check-config: cannot read $dir" selftests/check-config "$dir"
gives "two files" 2 "usage: check-config [FILE]" selftests/check-config a b

done_testing
