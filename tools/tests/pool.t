#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The pool of "odmm agent run": what is given out, and what comes back.

set -u
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"

# pool NAME OUTPUT POOL LENGTH STEP...
pool()
{
	local name=$1 wanted=$2
	shift 2
	gives "$name" 0 "$wanted" "$OBJ/tests/pool" "$@"
}

a=2001:db8::/64 b=2001:db8:0:1::/64
pool "in order, until it is empty" "give $a
give $b
empty" 2001:db8::/63 64 give give give
pool "a pool of one" "give $a
empty
back $a
give $a
empty" $a 64 give give gone $a give give
pool "what comes back goes out after what is fresh" "give $a
back $a
give $b
give $a
empty" 2001:db8::/63 64 give gone $a give give give
pool "the longest back first" "give $a
give $b
back $b
back $a
give $b
give $a" 2001:db8::/63 64 give give gone $b gone $a give give
pool "once only" "give $a
back $a
not ours $a
give $b
give $a
empty" 2001:db8::/63 64 give gone $a gone $a give give give
pool "what was skipped comes back too, but was not given" "skip $a
give $b
empty
not ours $a
give $a" 2001:db8::/63 64 skip give give gone $a give
pool "skipped again" "give $a
back $a
skip $a
empty" $a 64 give gone $a skip give
pool "what is of nobody, of another pool or of another length" "not ours $a
give $a
not ours 2001:db8:1::/64
not ours 2001:db8::/48
not ours 2001:db8::/60
give $b
empty" 2001:db8::/63 64 gone $a give gone 2001:db8:1::/64 gone 2001:db8::/48 \
	gone 2001:db8::/60 give give
pool "of other lengths" "give 2001:db8::/60
give 2001:db8:0:10::/60
back 2001:db8::/60
not ours 2001:db8::/64" 2001:db8::/40 60 give give gone 2001:db8::/60 gone $a
pool "the widest" "give 2001::/64
give 2001:0:0:1::/64
back 2001:0:0:1::/64" 2001::/16 64 give give gone 2001:0:0:1::/64
pool "after a loss: what is not seen comes back" "give $a
give $b
give 2001:db8:0:2::/64
unseen $a
unseen 2001:db8:0:2::/64
back $b
give 2001:db8:0:3::/64
give $a
give 2001:db8:0:2::/64
give $b
empty" 2001:db8::/62 64 give give give see $b see 2001:db8:8::/64 see $b unseen gone $b \
	give give give give give

done_testing
