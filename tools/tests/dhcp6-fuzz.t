#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# DHCPv6 without sense. SEED and COUNT may be given.

set -u
# shellcheck source=tap.sh
. "$(dirname "$0")/tap.sh"

corpus=("$(dirname "$0")"/dhcp6-corpus/*.hex)
count=${COUNT:-100000}

fuzz()
{
	"$OBJ/tests/dhcp6-fuzz" "$1" "$count" "${corpus[@]}" 2>&1
}

for seed in ${SEED:-1 2 3}; do
	out=$(fuzz "$seed")
	is "seed $seed, $count messages: nothing impossible" "$?" 0
	# What never happens was not tested.
	is "seed $seed: every fault, and all that can follow" "$(grep ' 0$' <<<"$out")" ""
	echo "# ${out//$'\n'/, }"
done
is "the same seed does the same" "$(fuzz "$seed")" "$out"

done_testing
