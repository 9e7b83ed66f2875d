# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Test Anything Protocol for the scripts here.

tap_n=0

ok()
{
	echo "ok $((++tap_n)) - $1"
}

not_ok()
{
	echo "not ok $((++tap_n)) - $1"
	shift
	printf '%s\n' "$@" | sed 's/^/# /'
}

skip()
{
	echo "ok $((++tap_n)) - $1 # SKIP $2"
}

# is NAME GOT WANTED
is()
{
	if [[ $2 == "$3" ]]; then
		ok "$1"
	else
		not_ok "$1" "got:" "$2" "wanted:" "$3"
	fi
}

# gives NAME EXIT-CODE TEXT COMMAND...: what a command says on both streams
gives()
{
	local name=$1 code=$2 wanted=$3 got rc=0
	shift 3
	got=$("$@" 2>&1) || rc=$?
	is "$name" "$got
exit $rc" "$wanted
exit $code"
}

# runs NAME COMMAND...
runs()
{
	local name=$1 out
	shift
	if out=$("$@" 2>&1); then
		ok "$name"
	else
		not_ok "$name" "$out"
	fi
}

done_testing()
{
	echo "1..$tap_n"
}
