#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# conformance: what it says of made-up tables and logs, and that the real table
# can be read.

set -u
cd "$(dirname "$0")/../../.." || exit 1
# shellcheck source=../../../tools/tests/tap.sh
. tools/tests/tap.sh

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
# A program that is there; it is not run here.
program=selftests/sockets/options.t

# logged LINE...: what the program said
logged()
{
	mkdir -p "$dir/tap/${program%/*}"
	printf '%s\n' "$@" >"$dir/tap/$program"
}

# says NAME EXIT-CODE PROOF TEXT: of a table with one row
says()
{
	printf '%s\n' "| id | statement | how | proof |" "|---|---|---|---|" "| 1-1 | text | how | $3 |" >"$dir/table"
	gives "$1" "$2" "$4" selftests/conformance "$dir/table" "$dir/tap"
}

good="ok 1 - 1-1: text
1..1"
bad="not ok 1 - 1-1: text
# "

logged "ok 1 - one" "ok 2 - one more: 2 # of them" "not ok 3 - three" "ok 4 - four # SKIP no reason" "ok 5 - five" \
	"not ok 6 - five" "ok 7 - five" "1..7"
says "a test that passed" 0 "\`$program: one\`" "$good"
says "two of them" 0 "\`$program: one\`<br>\`$program: one\`" "$good"
says "one that did not pass" 1 "\`$program: three\`" "$bad$program: three: was not ok
1..1"
says "one of two did not" 1 "\`$program: one\`<br>\`$program: three\`" "$bad$program: three: was not ok
1..1"
says "one that was skipped" 1 "\`$program: four\`" "$bad$program: four: was skipped
1..1"
says "a point that comes more than once: the worst counts" 1 "\`$program: five\`" "$bad$program: five: was not ok
1..1"
says "a point that is not there" 1 "\`$program: on\`" "$bad$program: on: it says no such thing
1..1"
says "no such program" 1 "\`selftests/sockets/nosuch.t: one\`" \
	"${bad}selftests/sockets/nosuch.t: one: there is no such program
1..1"
says "a program that did not run" 1 "\`selftests/sockets/bind.t: one\`" \
	"${bad}selftests/sockets/bind.t: one: the program did not run
1..1"
says "no test and no reason" 1 "" "${bad}neither a test nor the reason why there is none
1..1"
says "an excuse without a reason" 1 "not met:" "${bad}neither a test nor the reason why there is none
1..1"
says "a reason" 0 "for applications: they are" "$good"
printf '%s\n' "| 1-1 | a | b | not met: c |" "| 1-1 | a | b | not met: c |" >"$dir/table"
gives "an id that is used twice" 1 "ok 1 - 1-1: a
not ok 2 - 1-1: a
# the id is used twice
1..2" selftests/conformance "$dir/table" "$dir/tap"
: >"$dir/table"
gives "an empty table" 1 "1..0" selftests/conformance "$dir/table" "$dir/tap"
is "each row of the real table has a test or a reason, and each program is there" \
	"$(selftests/conformance Documentation/rfc8653-conformance.md "$dir" | grep -v '^ok\|^not ok\|^1\.\.\|did not run$')" ""
is "and each row of it is read" "$(selftests/conformance Documentation/rfc8653-conformance.md "$dir" | tail -n 1)" \
	"1..$(grep -c '^| [1-9AD]' Documentation/rfc8653-conformance.md)"

done_testing
